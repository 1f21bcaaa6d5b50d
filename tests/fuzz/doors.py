"""The doors of partners over HTTP: with a real signature or token, a database, and an order that charges."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from beckn.services import inbox
from tests.flows.world import Driver
from tests.fuzz import seeds
from tests.fuzz.choices import Choices
from tests.fuzz.harness import Act, Broken
from tests.fuzz.spoiling import spoiled, spoiled_header, spoiled_text
from tests.fuzz.world import Witness, answered, charging, rolled_back, witnessed

HEADER_BYTES = 12  # of the source that decide on the address and the headers
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND")
TYPES = ("application/json", "text/plain", "", "application/json; charset=utf-16", "multipart/form-data; boundary=x",
         "application/x-www-form-urlencoded")  # fmt: skip
ODD_HEADERS = (
    {}, {"Content-Encoding": "gzip"}, {"Content-Length": "-1"}, {"Accept": "text/html"},
    {"Host": "a b"}, {"X-Request-ID": "\xff" * 300}, {"X-Gateway-Authorization": "Signature x"},
    {"Cookie": "sessionid=\x7f; =;"},
    {"Expect": "100-continue"}, {"X-HTTP-Method-Override": "DELETE"}, {"Range": "bytes=0-1"}, {"X-Forwarded-Host": "x/\\"},
    {"If-Modified-Since": "Wed, 21 Oct 99999 07:28:00 GMT"},
    {"OCPI-from-country-code": "\xff", "OCPI-to-party-id": "ABC"},
)  # fmt: skip


class Door:
    """Sends one spoiled request after the other; each meets the same database."""

    def __init__(self, driver: Driver, witness: Witness) -> None:
        self.driver, self.witness = driver, witness
        self.sample = seeds.sample(
            bap_uri=driver.bap.url, provider_id=driver.provider_id, item_id=driver.item["id"],
            fulfillment_id=driver.item["fulfillment_ids"][0], order_id=driver.order_id,
            transaction_id=driver.transaction_id, total=driver.quote["price"]["value"],
        )  # fmt: skip
        self.requests = {action: seeds.requests(action, self.sample) for action in seeds.ACTIONS}
        self.objects = _objects(driver)

    def beckn(self, source: bytes) -> bool:
        """A signed request. What is acknowledged is also answered, by a worker without an error."""
        choices = Choices(source[:HEADER_BYTES])
        action = choices.pick(seeds.ACTIONS)
        raw = spoiled(source[HEADER_BYTES:], self.requests[action])
        headers = dict(choices.pick(ODD_HEADERS)) if choices.one_in(6) else {}
        signed = self.driver.bap.authorization(raw)
        headers["Authorization"] = spoiled_header(choices, signed) if choices.one_in(12) else signed
        path = f"/beckn/{spoiled_text(choices, action) if choices.one_in(20) else action}"
        answer = self._send("POST" if not choices.one_in(30) else choices.pick(METHODS), path, raw, choices, headers)
        if not answer.content:
            return False
        told = json.loads(answer.content)
        acknowledged = told["message"]["ack"]["status"] == "ACK"
        if not acknowledged and not told["error"]["message"]:
            raise Broken("a NACK without a word")
        if acknowledged:
            inbox.handle_due()
            self.witness.check()
        return acknowledged

    def ocpi(self, source: bytes) -> bool:
        """A push, a result, a query or credentials of the operator."""
        choices = Choices(source[:HEADER_BYTES])
        method, path, texts = choices.pick(self.objects)
        raw = spoiled(source[HEADER_BYTES:], texts) if texts else b""
        headers = dict(choices.pick(ODD_HEADERS)) if choices.one_in(6) else {}
        headers["Authorization"] = "Token " + self.driver.cpo.token
        if choices.one_in(8):
            path = spoiled_text(choices, path)
        if choices.one_in(4):
            path += "?" + urlencode({name: spoiled_text(choices, text) for name, text in QUERY.items()}, errors="replace")
        method = choices.pick(METHODS) if choices.one_in(15) else method
        answer = self._send(method, f"/ocpi/emsp/2.2.1/{path}", raw, choices, headers)
        if method == "HEAD" or answer.status_code == 405:
            return False
        told = json.loads(answer.content)
        if told["status_code"] != 1000 and not told["status_message"]:
            raise Broken("a refusal without a word")
        return told["status_code"] == 1000

    def page(self, source: bytes) -> bool:
        """A page for drivers, integrators or staff, by somebody without a login."""
        choices = Choices(source)
        path = spoiled_text(choices, choices.pick(PAGES).format(order=self.driver.order_id))
        method = choices.pick(METHODS) if choices.one_in(3) else choices.pick(("GET", "POST"))
        form = spoiled_text(choices, "comment=good&username=a&password=b&csrfmiddlewaretoken=x")
        body = form.encode("utf-8", "surrogatepass")
        return bool(self._send(method, path, body, choices, dict(choices.pick(ODD_HEADERS))).status_code < 400)

    def _send(self, method: str, path: str, raw: bytes, choices: Choices, headers: dict[str, str]) -> Any:
        target = quote(path, safe="/?&=%+", errors="surrogatepass")
        kind = choices.pick(TYPES) if choices.one_in(8) else TYPES[0]
        client = self.driver.bap.client
        return answered(client.generic(method, f"/{target.lstrip('/')}", raw, kind, headers=headers), self.witness)


QUERY = {
    "date_from": "2026-03-01T00:00:00Z", "date_to": "2026-03-02T00:00:00Z", "offset": "0", "limit": "50", "type": "RFID",
}  # fmt: skip
PAGES = (
    "/track/{order}", "/feedback/{order}", "/receipts/token", "/support", "/pay/{order}", "/payments/notify", "/docs/",
    "/docs/errors/", "/docs/beckn.json", "/conformance/token/", "/scorecards/token", "/health/live",
    "/metrics", "/admin/", "/admin/login/?next=/admin/", "/admin/ocpi/party/?q=x&o=1", "/static/x.css", "/", "/beckn/",
    "/beckn/on_subscribe", "/ocpi/emsp/versions", "/admin/operators/", "/admin/message-bench/",
)  # fmt: skip


def _objects(driver: Driver) -> list[tuple[str, str, tuple[str, ...]]]:
    """Method, path and seeds of what an operator sends; the session and the CDR are those of the order."""
    owner = "IN/CPO"

    def owned(kind: str, **over: Any) -> tuple[str, ...]:
        found = [json.loads(text) for text in seeds.ocpi(kind)]
        return tuple(json.dumps(each | {n: v for n, v in over.items() if n in each}) for each in found)

    whose = {"party_id": "CPO", "last_updated": "2098-01-01T00:00:00Z"}
    named = {name: driver.session[name] for name in ("cdr_token", "authorization_reference", "evse_uid")}
    session = owned("sessions", **whose | named | {"id": "S-1", "connector_id": "1"})
    cdr = owned("cdrs", **whose | named | {"session_id": "S-1"})
    result = driver.cpo.bodies("START_SESSION")[-1]["response_url"].split("/2.2.1/", 1)[1]
    place = {"location": owned("locations", **whose), "evse": owned("evses", **whose | {"uid": "E-1"})}
    connector = owned("connectors", **whose)
    below = f"locations/{owner}/LOC-1"
    return [
        ("PUT", below, place["location"]), ("PATCH", below, place["location"]),
        ("PUT", f"{below}/E-1", place["evse"]), ("PATCH", f"{below}/E-1", place["evse"]),
        ("PUT", f"{below}/E-1/1", connector), ("PATCH", f"{below}/E-1/1", connector),
        ("PUT", f"tariffs/{owner}/T-1", owned("tariffs", **whose)), ("DELETE", f"tariffs/{owner}/T-1", ()),
        ("PUT", f"sessions/{owner}/S-1", session), ("PATCH", f"sessions/{owner}/S-1", session),
        ("POST", "cdrs", cdr), ("POST", "cdrs", cdr), ("GET", "cdrs/6d1f0f0a-52c3-4c6e-9a0e-0f6a4f0e7d11", ()),
        ("POST", result, seeds.ocpi("results")), ("GET", "tokens", ()), ("GET", below, ()),
        ("POST", f"tokens/{driver.session['cdr_token']['uid']}/authorize", seeds.ocpi("references")),
        ("POST", "credentials", seeds.ocpi("credentials")), ("PUT", "credentials", seeds.ocpi("credentials")),
        ("GET", "credentials", ()),
    ]  # fmt: skip


def _opened(name: str) -> Callable[[], Any]:
    @contextmanager
    def opened() -> Iterator[Act]:
        with charging() as driver, witnessed() as witness:
            door = Door(driver, witness)
            one: Callable[[bytes], bool] = getattr(door, name)

            def act(sources: Sequence[bytes]) -> int:
                accepted = 0
                for source in sources:
                    with rolled_back():
                        accepted += one(source)
                return accepted

            yield act

    return opened


beckn_door, ocpi_door, pages = _opened("beckn"), _opened("ocpi"), _opened("page")
