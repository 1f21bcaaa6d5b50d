"""Signs a pasted message step by step, and finds the step at which a signature fails. Keys are kept nowhere."""

import base64
import json
import secrets
import shlex
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from nacl.signing import SigningKey

from beckn import reading, signing
from beckn.authentication import check_identity
from beckn.models import Subscriber
from beckn.services import own_keys, subscribers
from beckn.signing import BadKey, SignatureHeader, SignatureRefused
from beckn.wire.v1_1_0 import MESSAGE_TYPES
from emsp.core.wire import DECODED_LIMIT, WireError, nested_deeper

TTL_S = 300
WORKED, FAILED, SKIPPED = "worked", "failed", "skipped"
REASONS = {
    "missing_authorization": "no header was given",
    "malformed_header": 'is not Signature keyId="id|key id|ed25519",algorithm=…,created=…,expires=…,headers=…,signature=…',
    "bad_base64": "the signature is not standard base64 with padding",
    "unsupported_headers": 'headers must be "(created) (expires) digest"',
    "algorithm_mismatch": "algorithm is not that of keyId",
    "unsupported_algorithm": "only ed25519 is read",
    "created_in_future": "created lies in the future",
    "expired": "expires lies in the past",
    "too_old": "created lies more than a day in the past, whatever expires says",
    "unknown_key": "nobody with this subscriber id and key id is registered, here or in the registry",
    "key_not_valid": "the key is registered, but may not be used now",
    "identity_mismatch": "the message is from another bap_id than keyId",
}


class OwnKey(ValueError):
    """The pasted key is the platform's own."""


def is_id(text: str) -> bool:
    """Whether text can stand in keyId."""
    return signing.ID.fullmatch(text) is not None


@dataclass(frozen=True)
class Signed:
    """A message signed, with all that led to it. ephemeral: the key was made for this page."""

    digest: str
    base_string: str
    signature: str
    authorization: str
    public_key: str
    ephemeral: bool
    curl: str
    python: str


@dataclass(frozen=True)
class Step:
    """One check of a signature. verdict: WORKED, FAILED or SKIPPED."""

    name: str
    verdict: str
    said: str


@sensitive_variables("private_key", "key")
def sign(
    body: bytes, *, subscriber_id: str, unique_key_id: str, private_key: str, url: str, now: datetime
) -> Signed:
    """Sign exactly these bytes for a POST to url. private_key: base64; empty: a pair made now and forgotten.

    Raises BadKey, and OwnKey for a key with which we sign for real.
    """
    key = signing.load_private_key(private_key) if private_key else SigningKey(secrets.token_bytes(32))
    if any(key == ours.signing for ours in own_keys.all_active()):
        raise OwnKey
    header = signing.sign(
        body, subscriber_id=subscriber_id, unique_key_id=unique_key_id, private_key=key,
        now=int(now.timestamp()), ttl_s=TTL_S,
    )  # fmt: skip
    made, body_digest = signing.parse(header), signing.digest(body)
    return Signed(
        digest=body_digest,
        base_string=signing.signing_string(made.created, made.expires, body_digest),
        signature=base64.b64encode(made.signature).decode(),
        authorization=header,
        public_key=signing.public_key_text(key),
        ephemeral=not private_key,
        curl=_curl(body, header, url),
        python=_python(body, header, url),
    )


def _curl(body: bytes, header: str, url: str) -> str:
    headers = ("Content-Type: application/json", f"Authorization: {header}")
    given = " \\\n  ".join(f"-H {shlex.quote(each)}" for each in headers)
    return f"curl -sS {shlex.quote(url)} \\\n  {given} \\\n  --data-raw {shlex.quote(body.decode())}"


def _python(body: bytes, header: str, url: str) -> str:
    return (
        "import urllib.request\n\n"
        f"body = {body!r}\n"
        f"headers = {{\n    \"Content-Type\": \"application/json\",\n    \"Authorization\": {header!r},\n}}\n"
        f"request = urllib.request.Request({url!r}, data=body, headers=headers, method=\"POST\")\n"
        "with urllib.request.urlopen(request, timeout=30) as answer:\n"
        "    print(answer.status, answer.read().decode())\n"
    )


def verify(header: str, body: bytes, *, public_key: str, body_digest: str, now: datetime) -> list[Step]:
    """Every step in the order of the doors, the later ones too where an earlier one failed but they can be tried.

    public_key: of the sender; empty: looked up, as our doors do. body_digest: what the sender worked out, if known.
    """
    try:
        given = signing.parse(header)
    except SignatureRefused as refused:
        names = ("keyId", "created and expires", "digest", "signature")
        return [Step("parse", FAILED, REASONS[refused.reason]), *(Step(name, SKIPPED, "") for name in names)]
    steps = [Step("parse", WORKED, f"created {given.created}, expires {given.expires}")]
    raw_key, said = _key(given, body, public_key, now)
    steps += [Step("keyId", WORKED if raw_key and not said else FAILED, said or given.subscriber_id)]
    steps += [_times(given, now), _digest(body, body_digest)]
    return [*steps, _signature(given, body, raw_key)]


def _key(given: SignatureHeader, body: bytes, public_key: str, now: datetime) -> tuple[bytes | None, str]:
    """The sender's key, if there is one, and what is wrong with keyId, if anything is."""
    ours = {key.unique_key_id: bytes(key.signing.verify_key) for key in own_keys.all_active()}
    try:
        if public_key:
            sender, raw = Subscriber(subscriber_id=given.subscriber_id), signing.load_public_key(public_key)
        elif given.subscriber_id == settings.BECKN_SUBSCRIBER_ID and given.unique_key_id in ours:
            sender, raw = Subscriber(subscriber_id=given.subscriber_id), ours[given.unique_key_id]
        else:
            sender = subscribers.find(given.subscriber_id, given.unique_key_id, now=now)
            raw = subscribers.key_of(sender, now=now)
    except BadKey as error:
        return None, str(error)
    except SignatureRefused as refused:
        return None, REASONS[refused.reason]
    try:
        message = reading.read(body)
        context = message.get("context")
        if isinstance(context, dict) and context.get("action") in MESSAGE_TYPES:
            check_identity(sender, message)
    except WireError:
        return raw, ""  # whether the body can be read is not a question of the signature
    except SignatureRefused as refused:
        return raw, REASONS[refused.reason]
    return raw, ""


def _times(given: SignatureHeader, now: datetime) -> Step:
    name, at = "created and expires", int(now.timestamp())
    try:
        signing.check_times(given, at)
    except SignatureRefused as refused:
        return Step(name, FAILED, f"{REASONS[refused.reason]}: it is {at} here")
    return Step(name, WORKED, f"it is {at} here")


def _digest(body: bytes, claimed: str) -> Step:
    ours, theirs = signing.digest(body), claimed.strip().removeprefix("BLAKE-512=")
    if theirs and theirs != ours:
        return Step("digest", FAILED, f"of this body it is {ours}{_meant(body, theirs)}")
    return Step("digest", WORKED, f"BLAKE-512={ours}")


def _meant(body: bytes, theirs: str) -> str:
    """Which other way to write the same body has their digest."""
    found = next((how for how, other in _spellings(body) if signing.digest(other) == theirs), "")
    return f"; theirs is of the body {found}" if found else ""


def _signature(given: SignatureHeader, body: bytes, raw_key: bytes | None) -> Step:
    if raw_key is None:
        return Step("signature", SKIPPED, "there is no key to check it with")
    for how, content in (("", body), *_spellings(body)):
        try:
            signing.verify_signature(given, content, raw_key)
        except SignatureRefused:
            continue
        if how:
            return Step("signature", FAILED, f"it is of the body {how}: what was signed is not what was sent")
        return Step("signature", WORKED, "the key made it of this body")
    return Step("signature", FAILED, "this key did not make it of this body, created and expires")


def _spellings(body: bytes) -> list[tuple[str, bytes]]:
    """The mistakes that are made most: other bytes for the same message."""
    others = [
        ("without blanks around it", body.strip()),
        ("with a newline at its end", body.rstrip(b"\n") + b"\n"),
        ("with CRLF line ends", body.replace(b"\n", b"\r\n")),
    ]
    return [(how, other) for how, other in [*others, *_written_anew(body)] if other != body]


def _written_anew(body: bytes) -> list[tuple[str, bytes]]:
    """A message as other writers of JSON have it; what is none, or is nested without end, has no other spelling."""
    if nested_deeper(body, DECODED_LIMIT):
        return []
    try:
        value = json.loads(body)
    except ValueError:
        return []
    return [
        ("without blanks between its members", _compact(value, (",", ":"), ascii_only=False)),
        ("as Python's json.dumps writes it", _compact(value, (", ", ": "), ascii_only=True)),
    ]


def _compact(value: object, separators: tuple[str, str], *, ascii_only: bool) -> bytes:
    return json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode()
