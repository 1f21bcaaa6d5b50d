"""Judges a pasted message as our doors do: valid or not, with path and reason, and what was made of it. Keeps nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from msgspec.structs import replace

from beckn.models import Subscriber, SubscriberType
from beckn.reading import read as read_beckn
from beckn.services.screening import NotServed, check_reply_address, form_of
from beckn.wire.v1_1_0 import MESSAGE_TYPES, check_answer
from beckn.wire.v1_1_0.moments import duration_of, moment_of
from emsp.core.wire import Wire, WireError, load_json
from emsp.developer.guides.callbacks import CALLBACK_TYPES
from emsp.developer.message_bench.members import MOST, ignored, repairs
from ocpi.versions import VERSIONS
from ocpi.wire.reading import Finding, read
from ocpi.wire.repair import repaired
from ocpi.wire.v2_2_1 import cdrs, commands, credentials, locations, sessions, tariffs, tokens
from ocpi.wire.v2_2_1.trees import EvseNode, read_connector, read_evse, read_location

BECKN_TYPES: dict[str, type[Wire]] = MESSAGE_TYPES | CALLBACK_TYPES
OCPI_TYPES: dict[str, dict[str, type[Wire]]] = {
    "2.2.1": {
        "locations: Location": locations.Location,
        "locations: EVSE": locations.Evse,
        "locations: Connector": locations.Connector,
        "tariffs: Tariff": tariffs.Tariff,
        "sessions: Session": sessions.Session,
        "cdrs: CDR": cdrs.Cdr,
        "tokens: LocationReferences": tokens.LocationReferences,
        "commands: CommandResult": commands.CommandResult,
        "commands: CommandResponse": commands.CommandResponse,
        "credentials: Credentials": credentials.Credentials,
    }
}
VERSION_NUMBERS = tuple(VERSIONS)


@dataclass
class Judgement:
    """What our door says of a message. path and reason: why it is not valid. Lists are cut at MOST entries."""

    valid: bool = True
    path: str = ""
    reason: str = ""
    remarks: list[str] = field(default_factory=list)
    dropped: list[Finding] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def refuse(self, reason: str, path: str) -> "Judgement":
        """No, and why."""
        self.valid, self.reason, self.path = False, reason, path
        return self


def judge_beckn(raw: bytes, action: str, *, now: datetime) -> Judgement:
    """A request as POST /beckn/<action> takes it, or a callback as we have to send it.

    A request is judged at the moment of its own timestamp, so that an old one can be looked at.
    """
    found = Judgement()
    try:
        body = read_beckn(raw)
        if action in CALLBACK_TYPES:
            check_answer(action, body)
        else:
            _screen(body, action, now, found)
    except (WireError, NotServed) as error:
        return found.refuse(error.reason if isinstance(error, WireError) else str(error), error.path)
    if action in MESSAGE_TYPES:
        found.ignored = list(islice(ignored(body, MESSAGE_TYPES[action]), MOST))
    return found


def _screen(body: dict[str, Any], action: str, now: datetime, found: Judgement) -> None:
    context = body.get("context") if isinstance(body.get("context"), dict) else {}
    sent_at = moment_of(context.get("timestamp"), "context.timestamp")  # type: ignore[union-attr]
    form_of(body, action=action, now=sent_at or now)
    ttl = duration_of(body["context"].get("ttl"), "context.ttl")
    if sent_at is not None and ttl is not None and now - sent_at > ttl:
        found.remarks.append("Its ttl is over: sent now, it would be refused (context.ttl).")
    bap_id = body["context"]["bap_id"]
    sender = Subscriber.objects.filter(subscriber_id=bap_id, type=SubscriberType.BAP).order_by("-pk").first()
    if sender is None:
        found.remarks.append("No app of this bap_id is registered here, so bap_uri was compared with nothing.")
    else:
        check_reply_address(body["context"]["bap_uri"], sender)


def judge_ocpi(raw: bytes, version: str, kind: str) -> Judgement:
    """An object as an operator pushes it; a list of one object is taken as the object, as at the door."""
    found, wanted = Judgement(), OCPI_TYPES[version][kind]
    lost: list[WireError] = []
    try:
        given = load_json(raw)
        given = given[0] if isinstance(given, list) and len(given) == 1 else given
        value = _read(given, wanted, lost, found.dropped)
        if lost:
            raise lost[0]
    except WireError as error:
        return found.refuse(error.reason, error.path)
    del found.dropped[MOST:]
    dropped = {finding.path for finding in found.dropped}
    found.repaired = [
        line for line in islice(repairs(given, repaired(given, value)), MOST) if line.partition(": ")[0] not in dropped
    ]
    found.ignored = list(islice(ignored(given, wanted), MOST))
    return found


def _read(given: Any, wanted: type[Wire], lost: list[WireError], findings: list[Finding]) -> Wire:
    if wanted is locations.Location:
        place = read_location(given, lost, findings)
        return replace(place.value, evses=[_whole(evse) for evse in place.evses])
    if wanted is locations.Evse:
        return _whole(read_evse(given, lost, findings))
    if wanted is locations.Connector:
        return read_connector(given, findings).value
    return read(given, wanted, findings)


def _whole(evse: EvseNode) -> locations.Evse:
    return replace(evse.value, connectors=[connector.value for connector in evse.connectors])
