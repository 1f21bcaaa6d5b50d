"""Commands to charge points: asking for one, and hearing what became of it. Source: ocpi.md 3.6.

A command is a row first (request_command, in the caller's transaction); command_dispatch sends it after
commit; accept_result and sweep bring it to its end. Every end is told by ocpi.signals.command_finished.
"""

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from emsp.core.correlation import of_conversation
from emsp.core.errors import DomainError
from emsp.core.wakeup import wake
from ocpi.models import Command, CommandKind, CommandState, Connection, Party, Token
from ocpi.services import command_states
from ocpi.services.command_bodies import Asked, command_body
from ocpi.services.command_dispatch import dispatch_due
from ocpi.services.command_states import NO_RESULT
from ocpi.services.command_sweep import sweep
from ocpi.tasks import dispatch_commands

__all__ = ["UnknownCommand", "accept_result", "dispatch_due", "request_command", "sweep"]

log = logging.getLogger(__name__)

ANSWERABLE_FOR = timedelta(days=1)
CANCELED_RESERVATION = "CANCELED_RESERVATION"
_STATE_OF_RESULT = {"ACCEPTED": CommandState.SUCCEEDED, "TIMEOUT": CommandState.TIMED_OUT}


class UnknownCommand(DomainError):
    """A result for a command that we never sent to this peer, or that is long over."""


def request_command(
    *,
    party: Party,
    kind: CommandKind,
    order_reference: str = "",
    token: Token | None = None,
    location_id: str = "",
    evse_uid: str = "",
    connector_id: str = "",
    session_id: str = "",
    reservation_id: str = "",
    expires_at: datetime | None = None,
    check_evse_first: bool = False,
) -> Command:
    """Write a command to be sent after the caller's transaction has committed.

    order_reference travels as authorization_reference. START_SESSION is written once per order_reference:
    asked for again, the row that is there is given back, in whatever state it is.
    check_evse_first: read the EVSE at the CPO before sending, and do not send when it cannot serve.
    Raises ValueError when something is missing that the kind of command needs.
    Source: OCPI 2.2.1, mod_commands; design.md §5.
    """
    asked = Asked(
        order_reference=order_reference, token=token, location_id=location_id, evse_uid=evse_uid,
        connector_id=connector_id, session_id=session_id, reservation_id=reservation_id,
        expires_at=expires_at,
    )
    _check(kind, asked)
    command = Command(
        party=party, kind=kind, order_reference=order_reference, body=command_body(party, kind, asked),
        asked_under=of_conversation(),
        check_evse_first=check_evse_first or kind == CommandKind.CHECK_EVSE,
        location_id=location_id, evse_uid=evse_uid, due_at=timezone.now(),
        reservation_expires_at=expires_at if kind == CommandKind.RESERVE_NOW else None,
    )
    if kind == CommandKind.START_SESSION:
        command = _start_of(order_reference) or _save_once(command)
    else:
        command.save()
    wake(dispatch_commands)
    return command


def _check(kind: CommandKind, asked: Asked) -> None:
    if kind == CommandKind.START_SESSION and not asked.order_reference:
        raise ValueError("START_SESSION needs an order_reference")
    if kind == CommandKind.CHECK_EVSE and not (asked.location_id and asked.evse_uid):
        raise ValueError("CHECK_EVSE needs location_id and evse_uid")


def _start_of(order_reference: str) -> Command | None:
    return Command.objects.filter(kind=CommandKind.START_SESSION, order_reference=order_reference).first()


def _save_once(command: Command) -> Command:
    """Save a START_SESSION; gives the row of a parallel request when that was first."""
    try:
        with transaction.atomic():
            command.save()
    except IntegrityError:
        existing = _start_of(command.order_reference)
        if existing is None:
            raise
        return existing
    return command


@transaction.atomic
def accept_result(*, command_uid: str, connection: Connection, result: str, message: str = "") -> Command:
    """Take the CommandResult that a CPO POSTs to response_url.

    The first result counts, whether it comes before the answer to our request, late, or after our own
    deadline; repeats change nothing. CANCELED_RESERVATION after success takes the reservation back.
    A word that OCPI does not know is a failure and is kept.
    Raises UnknownCommand, also for the command of another connection.
    """
    command = _sent_to(connection, command_uid)
    if command is None or command.kind == CommandKind.CHECK_EVSE or _too_late(command):
        raise UnknownCommand("no such command")
    word = result.strip().upper()
    state = _STATE_OF_RESULT.get(word, CommandState.FAILED)
    if word == CANCELED_RESERVATION and _is_held(command):
        state = CommandState.TAKEN_BACK
    elif not command_states.is_open(command) and command.result != NO_RESULT:
        log.info("%s was %s already when %s came", command, command.state, word[:32])
        return command
    command_states.move(command.pk, state, result=word, message=message)
    command.refresh_from_db()
    return command


def _sent_to(connection: Connection, command_uid: str) -> Command | None:
    """The command with this uid, locked; None when there is none, or when it is another connection's."""
    if not command_uid.isalnum():
        return None
    rows = Command.objects.filter(uid=command_uid, party__connection=connection)
    found = rows.values_list("pk", flat=True).first()
    return command_states.lock(found) if found is not None else None


def _is_held(command: Command) -> bool:
    return command.kind == CommandKind.RESERVE_NOW and command.state == CommandState.SUCCEEDED


def _too_late(command: Command) -> bool:
    ends = [at for at in (command.finished_at, command.reservation_expires_at) if at is not None]
    return command.finished_at is not None and timezone.now() > max(ends) + ANSWERABLE_FOR
