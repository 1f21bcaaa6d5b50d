"""Reads an EVSE at its CPO before something is sent to it, or promised of it. Never in a transaction."""

import logging
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from ocpi.client import NotOffered, OcpiClient, PeerError
from ocpi.models import Command, CommandKind, CommandState, Evse, EvseStatus
from ocpi.services import locations
from ocpi.services.command_states import CPO_UNREACHABLE, EVSE_INOPERATIVE, EVSE_OCCUPIED
from ocpi.services.refusals import InvalidObject, UnknownObject
from ocpi.wire.vocabulary import evse_status

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 5
OCCUPIED = frozenset({EvseStatus.CHARGING, EvseStatus.RESERVED, EvseStatus.BLOCKED})
INOPERATIVE = frozenset({
    EvseStatus.INOPERATIVE, EvseStatus.OUTOFORDER, EvseStatus.PLANNED, EvseStatus.REMOVED,
})
# States of a RESERVE_NOW under which the CPO may hold the EVSE for us.
MAY_BE_HELD = (
    CommandState.SENT, CommandState.AWAITING_RESULT, CommandState.UNKNOWN, CommandState.SUCCEEDED,
    CommandState.TIMED_OUT,
)


@dataclass(frozen=True)
class Verdict:
    """result: why the command must not be sent, as a CommandResult; empty when it may."""

    result: str = ""
    message: str = ""


def evse_verdict(command: Command, client: OcpiClient) -> Verdict:
    """Whether the EVSE can serve this order, as its CPO tells now; the mirror learns what it said.

    A CPO that does not serve single EVSEs is no obstacle. One that does not answer stops CHECK_EVSE only: a
    command that is to be sent finds out by itself.
    """
    try:
        evse = client.get_object(
            "locations", command.location_id, command.evse_uid, read_timeout_s=READ_TIMEOUT_S
        )
    except PeerError as error:
        return _without_answer(command, error)
    if str(evse.get("uid", "")).casefold() != command.evse_uid.casefold():
        return _as_mirrored(command, "the CPO answered with another EVSE")
    _mirror(command, evse)
    return _verdict(command, evse_status(str(evse.get("status", ""))))


def _without_answer(command: Command, error: PeerError) -> Verdict:
    if command.kind != CommandKind.CHECK_EVSE:
        return Verdict()
    if error.status in (401, 403):
        return Verdict(f"HTTP_{error.status}", error.reason)
    if error.status is None and not isinstance(error, NotOffered):
        return Verdict(CPO_UNREACHABLE, error.reason)
    return _as_mirrored(command, error.reason)


def _as_mirrored(command: Command, message: str) -> Verdict:
    """The verdict by what we know; only where no command follows that would tell better."""
    if command.kind != CommandKind.CHECK_EVSE:
        return Verdict()
    known = Evse.objects.filter(
        location__party=command.party, location__key=command.location_id.casefold(),
        key=command.evse_uid.casefold(),
    ).values_list("status", flat=True)
    found = _verdict(command, known[0] if known else EvseStatus.UNKNOWN)
    return Verdict(found.result, found.message or message)


def _verdict(command: Command, status: str) -> Verdict:
    if status == EvseStatus.RESERVED and _is_ours(command):
        return Verdict()
    result = EVSE_OCCUPIED if status in OCCUPIED else EVSE_INOPERATIVE if status in INOPERATIVE else ""
    return Verdict(result, f"the EVSE is {status} at the CPO" if result else "")


def _is_ours(command: Command) -> bool:
    """Whether the reservation at this EVSE may be the one of this order."""
    if not command.order_reference:
        return False
    held = Command.objects.filter(
        kind=CommandKind.RESERVE_NOW, order_reference=command.order_reference, party=command.party,
        evse_uid__iexact=command.evse_uid, state__in=MAY_BE_HELD, reservation_expires_at__gt=timezone.now(),
    )
    return held.exclude(pk=command.pk).exists()


def _mirror(command: Command, evse: dict[str, Any]) -> None:
    """Bring our copy up to date; what the CPO says now counts for this command whether that works or not."""
    try:
        locations.store_evse(
            command.party, command.location_id, command.evse_uid, evse, received_at=timezone.now()
        )
    except (InvalidObject, UnknownObject) as error:
        log.warning("EVSE %s of %s could not be mirrored: %s", command.evse_uid, command.party, error)
