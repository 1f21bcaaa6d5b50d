"""Tokens module, Receiver: the eMSP tells us about its drivers' tokens. Source: OCPI 2.2.1, mod_tokens."""

from emsp.core.wire import Wire, WireError, convert, load_json
from ocpi.simulator.envelope import Answer, Call, Refusal, success
from ocpi.simulator.network import same
from ocpi.simulator.store import Store
from ocpi.simulator.values import Json

UNKNOWN_TOKEN = 2004


class Token(Wire):
    """A driver's token. Source: OCPI 2.2.1, mod_tokens, Token object."""

    country_code: str
    party_id: str
    uid: str
    type: str
    contract_id: str
    issuer: str
    valid: bool
    whitelist: str
    last_updated: str

    def cdr_token(self) -> Json:
        """The part that goes into sessions and CDRs. Source: OCPI 2.2.1, mod_cdrs, CdrToken class."""
        names = ("country_code", "party_id", "uid", "type", "contract_id")
        return {name: getattr(self, name) for name in names}


class Tokens:
    """GET, PUT and PATCH of tokens/{country_code}/{party_id}/{uid}?type=."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def serve(self, call: Call, segments: list[str]) -> Answer:
        """Answer one request below our tokens URL."""
        if len(segments) != 3:
            raise Refusal(404, 2000, "tokens are at tokens/{country_code}/{party_id}/{token_uid}")
        key = "/".join([*segments, call.query.get("type") or "RFID"]).casefold()
        if call.method == "GET":
            return success(self._known(key))
        if call.method == "PUT":
            return self._put(key, segments[2], call.body)
        if call.method == "PATCH":
            return self._patch(key, call.body)
        raise Refusal(405, 2000, "tokens know GET, PUT and PATCH")

    def is_blocked(self, token: Token) -> bool:
        """Whether the eMSP pushed this token as no longer valid."""
        key = "/".join([token.country_code, token.party_id, token.uid, token.type]).casefold()
        known = self._store.state.tokens.get(key)
        return known is not None and known.get("valid") is False

    def _known(self, key: str) -> Json:
        found = self._store.state.tokens.get(key)
        if found is None:
            raise Refusal(404, UNKNOWN_TOKEN, "unknown token")
        return found

    def _put(self, key: str, uid: str, body: bytes) -> Answer:
        content = json_object(body)
        try:
            token = convert(content, Token)
        except WireError as error:
            raise Refusal(200, 2001, str(error)) from None
        if not same(token.uid, uid):
            raise Refusal(200, 2001, "uid differs from the one in the URL")
        with self._store.lock:
            is_new = key not in self._store.state.tokens
            self._store.state.tokens[key] = content
            self._store.save_soon()
        return success(status=201 if is_new else 200)

    def _patch(self, key: str, body: bytes) -> Answer:
        content = json_object(body)
        if "last_updated" not in content:
            raise Refusal(200, 2001, "last_updated: required, but missing")
        with self._store.lock:
            self._known(key).update(content)
            self._store.save_soon()
        return success()


def json_object(body: bytes) -> Json:
    """The JSON object in a request body; raises Refusal (400 or 200, 2001) when it is none."""
    try:
        content = load_json(body)
    except WireError as error:
        raise Refusal(400, 2001, str(error)) from None
    if not isinstance(content, dict):
        raise Refusal(200, 2001, "the body is not a JSON object")
    return content
