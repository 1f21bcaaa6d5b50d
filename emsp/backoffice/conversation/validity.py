"""What is wrong with a message by our own wire types: the path of the member and the reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from beckn.models import Callback, Request
from beckn.wire.v1_1_0 import MESSAGE_TYPES, check_answer
from emsp.core.wire import Wire, WireError, convert, load_json
from ocpi.models import Cdr, Command, CommandKind, ParkedObject, Session
from ocpi.wire.reading import Finding, read
from ocpi.wire.v2_2_1 import cdrs, commands, sessions

COMMANDS: dict[str, type[Wire]] = {
    CommandKind.RESERVE_NOW: commands.ReserveNow,
    CommandKind.CANCEL_RESERVATION: commands.CancelReservation,
    CommandKind.START_SESSION: commands.StartSession,
    CommandKind.STOP_SESSION: commands.StopSession,
    CommandKind.UNLOCK_CONNECTOR: commands.UnlockConnector,
}


@dataclass(frozen=True)
class Validity:
    """rule: what it was read by. refused: why it could not be read at all. dropped: what was left out of it."""

    rule: str
    refused: Finding | None = None
    dropped: tuple[Finding, ...] = ()


def validity_of(row: Any) -> Validity | None:
    """How a message reads by the wire type of its kind; None for rows that are no message."""
    check = CHECKS.get(type(row))
    return check(row) if check else None


def _strict(rule: str, value: Any, wanted: type[Wire]) -> Validity:
    try:
        convert(value, wanted)
    except WireError as error:
        return Validity(rule, Finding(error.path, error.reason))
    return Validity(rule)


def _request(row: Request) -> Validity:
    wanted = MESSAGE_TYPES.get(row.action)
    if wanted is None:
        return Validity("Beckn 1.1.0", Finding("context.action", "an action that we do not know"))
    return _strict(f"Beckn 1.1.0 {row.action}", row.body, wanted)


def _callback(row: Callback) -> Validity:
    rule = f"Beckn 1.1.0 {row.action}"
    try:
        check_answer(row.action, load_json(bytes(row.body)))
    except WireError as error:
        return Validity(rule, Finding(error.path, error.reason))
    return Validity(rule)


def _command(row: Command) -> Validity | None:
    wanted = COMMANDS.get(row.kind)
    if wanted is None:
        return None
    return _strict(f"OCPI 2.2.1 {row.kind}", {"response_url": "", **(row.body or {})}, wanted)


def _tolerant(rule: str, value: Any, wanted: type[Wire]) -> Validity:
    dropped: list[Finding] = []
    try:
        read(value, wanted, dropped)
    except WireError as error:
        return Validity(rule, Finding(error.path, error.reason), tuple(dropped))
    return Validity(rule, None, tuple(dropped))


def _parked(row: ParkedObject) -> Validity:
    types: dict[str, type[Wire]] = {"sessions": sessions.Session, "cdrs": cdrs.Cdr}
    wanted = types.get(row.module)
    found = _tolerant(f"OCPI 2.2.1 {row.module}", row.raw, wanted) if wanted else None
    return found if found and found.refused else Validity(f"OCPI 2.2.1 {row.module}", Finding("", row.reason))


CHECKS: dict[type, Callable[[Any], Validity | None]] = {
    Request: _request,
    Callback: _callback,
    Command: _command,
    Session: lambda row: _tolerant("OCPI 2.2.1 Session", row.raw, sessions.Session),
    Cdr: lambda row: _tolerant("OCPI 2.2.1 CDR", row.raw, cdrs.Cdr),
    ParkedObject: _parked,
}
