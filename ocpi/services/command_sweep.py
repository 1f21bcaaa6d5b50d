"""Commands that nobody tells us about any more: lost workers, and results that do not come."""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from emsp.core.correlation import about
from ocpi.models import Command, CommandKind, CommandState
from ocpi.services import command_states
from ocpi.services.command_states import NO_RESULT

log = logging.getLogger(__name__)

WATCHED = (CommandState.SENT, CommandState.AWAITING_RESULT, CommandState.UNKNOWN)
REPEATABLE = frozenset({CommandKind.STOP_SESSION, CommandKind.CANCEL_RESERVATION})
REPEAT_WITHIN = timedelta(minutes=5)
LOOK_AGAIN = timedelta(seconds=30)
BATCH = 200


def sweep() -> int:
    """Move on what is overdue; gives the number of commands looked at.

    A request whose worker died may have reached the CPO: STOP_SESSION and CANCEL_RESERVATION are sent again,
    which does no harm; START_SESSION and RESERVE_NOW never are, they wait for a result until their deadline.
    """
    seen = 0
    while overdue := _take():
        for command_id in overdue:
            try:
                with about():
                    _move_on(command_id)
            except Exception:  # a failing receiver of one command must not keep the others waiting
                log.exception("command %s could not be moved on", command_id)
        seen += len(overdue)
    return seen


@transaction.atomic
def _take() -> list[int]:
    """Overdue rows, put off so that no other sweeper takes them meanwhile."""
    now = timezone.now()
    rows = Command.objects.select_for_update(skip_locked=True).filter(state__in=WATCHED, due_at__lte=now)
    taken = list(rows.order_by("due_at", "id").values_list("pk", flat=True)[:BATCH])
    Command.objects.filter(pk__in=taken).update(due_at=now + LOOK_AGAIN)
    return taken


@transaction.atomic
def _move_on(command_id: int) -> None:
    command, now = command_states.lock(command_id), timezone.now()
    if command.state == CommandState.SENT and (command.leased_until is None or command.leased_until <= now):
        if command.kind in REPEATABLE and now < command.created_at + REPEAT_WITHIN:
            command_states.move(command_id, CommandState.CREATED, due_at=now)
        else:
            command_states.move(command_id, CommandState.UNKNOWN, due_at=command.deadline_at or now)
    elif command.state in WATCHED and command.deadline_at is not None and command.deadline_at <= now:
        command_states.move(command_id, CommandState.TIMED_OUT, result=NO_RESULT)
