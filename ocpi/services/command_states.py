"""The one way in which the state of a command changes. Source: ocpi.md 3.6."""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from emsp.core.correlation import note
from emsp.core.errors import DomainError
from ocpi.models import Command, CommandState
from ocpi.models.command import FINAL_STATES
from ocpi.signals import command_finished

RESULT_LENGTH = 32
MESSAGE_LENGTH = 512
NO_RESULT = "NO_RESULT"
CPO_UNREACHABLE = "CPO_UNREACHABLE"
NOT_SUPPORTED = "NOT_SUPPORTED"
EVSE_OCCUPIED = "EVSE_OCCUPIED"
EVSE_INOPERATIVE = "EVSE_INOPERATIVE"

_S = CommandState
_ENDS = frozenset({_S.SUCCEEDED, _S.FAILED, _S.TIMED_OUT})
NEXT: dict[CommandState, frozenset[CommandState]] = {
    # CREATED → AWAITING_RESULT: the answer to an earlier try of a command that was to be repeated
    _S.CREATED: _ENDS | {_S.SENT, _S.AWAITING_RESULT},
    _S.SENT: _ENDS | {_S.CREATED, _S.AWAITING_RESULT, _S.UNKNOWN},
    _S.UNKNOWN: _ENDS | {_S.AWAITING_RESULT},
    _S.AWAITING_RESULT: _ENDS,
    _S.SUCCEEDED: frozenset({_S.TAKEN_BACK}),
    _S.TIMED_OUT: frozenset({_S.SUCCEEDED, _S.FAILED}),  # only where there was no result at all, see move
    _S.FAILED: frozenset(),
    _S.TAKEN_BACK: frozenset(),
}


class IllegalMove(DomainError):
    """A command cannot go from its state to the wanted one."""


class Changes(TypedDict, total=False):
    """What a move writes beside the state; texts are cut to their columns."""

    response: str
    result: str
    message: str
    due_at: datetime
    deadline_at: datetime
    leased_until: datetime | None
    sent_at: datetime


def lock(command_id: int) -> Command:
    """The row, locked until the end of the transaction, with its party and connection."""
    rows = Command.objects.select_for_update(of=("self",)).select_related("party__connection")
    command = rows.get(pk=command_id)
    note(**command.asked_under, order=command.order_reference, command=str(command))
    return command


@transaction.atomic
def move(command_id: int, to: CommandState, **changes: Unpack[Changes]) -> bool:
    """Change the state of a command; the row is locked, so two workers cannot both do it.

    A final state is told by command_finished inside this transaction, once per move.
    Returns False when the command is there already. Raises IllegalMove.
    """
    command = lock(command_id)
    old = CommandState(command.state)
    if old == to:
        return False
    if to not in NEXT[old] or (old == _S.TIMED_OUT and command.result != NO_RESULT):
        raise IllegalMove(f"{command}: {old} cannot become {to}")
    command.state, command.leased_until = to, None
    for name, value in changes.items():
        setattr(command, name, value)
    command.response, command.result = command.response[:RESULT_LENGTH], command.result[:RESULT_LENGTH]
    command.message = command.message[:MESSAGE_LENGTH]
    if to in FINAL_STATES:
        command.finished_at = timezone.now()
    command.save()
    if to in FINAL_STATES:
        command_finished.send(sender=Command, command=command)
    return True


def is_open(command: Command) -> bool:
    """Whether the outcome is still to come."""
    return command.state not in FINAL_STATES
