"""Sends due commands. A slow CPO holds up nobody but itself.

Rows are claimed with a lease (FOR UPDATE SKIP LOCKED), at most PER_CONNECTION of one connection at a time,
and sent by threads of this run; while some wait for their CPO, the run goes on claiming for the others.
"""

import logging
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime

from django.db import connections, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from ocpi.models import Command, CommandState
from ocpi.services.command_send import LEASE, send

log = logging.getLogger(__name__)

PER_CONNECTION = 8
THREADS = 32
POLL_S = 0.2
CLAIMS_FOR_S = 300.0


def dispatch_due(*, parallel: bool = True) -> int:
    """Send everything that is due; gives the number of commands taken. Never inside a transaction.

    parallel: False sends one after the other in this thread, on its database connection.
    """
    if not parallel:
        sent = 0
        while claimed := claim(THREADS):
            for command in claimed:
                send(command)
            sent += len(claimed)
        return sent
    with ThreadPoolExecutor(THREADS, thread_name_prefix="command") as threads:
        return _keep_sending(threads)


def _keep_sending(threads: ThreadPoolExecutor) -> int:
    sent, until = 0, time.monotonic() + CLAIMS_FOR_S
    pending: set[Future[None]] = set()
    while True:
        claimed = claim(THREADS - len(pending)) if time.monotonic() < until else []
        pending |= {threads.submit(_send_and_close, command) for command in claimed}
        sent += len(claimed)
        if not pending:
            return sent
        done, pending = wait(pending, timeout=POLL_S, return_when=FIRST_COMPLETED)
        for future in done:
            if (error := future.exception()) is not None:
                log.error("a command could not be sent; its lease will run out", exc_info=error)


def _send_and_close(command: Command) -> None:
    try:
        send(command)
    finally:
        connections.close_all()  # the connections of this thread, which nobody else closes


@transaction.atomic
def claim(room: int) -> list[Command]:
    """Take up to `room` due commands for this worker until their lease runs out.

    A command waits for an earlier one of its order to be answered: a cancellation must not overtake its
    reservation.
    """
    now = timezone.now()
    in_flight = _in_flight(now)
    full = [connection for connection, count in in_flight.items() if count >= PER_CONNECTION]
    claimed = []
    for command in _due(now).exclude(party__connection__in=full)[:room]:
        if in_flight[command.party.connection_id] < PER_CONNECTION:
            in_flight[command.party.connection_id] += 1
            command.leased_until = now + LEASE
            claimed.append(command)
    Command.objects.filter(pk__in=[command.pk for command in claimed]).update(leased_until=now + LEASE)
    return claimed


def _due(now: datetime) -> QuerySet[Command]:
    earlier = Command.objects.exclude(order_reference="").filter(
        order_reference=OuterRef("order_reference"), pk__lt=OuterRef("pk"),
        state__in=(CommandState.CREATED, CommandState.SENT),
    )
    return (
        Command.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("party__connection")
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now), ~Exists(earlier))
        .filter(state=CommandState.CREATED, due_at__lte=now)
        .order_by("due_at", "id")
    )


def _in_flight(now: datetime) -> Counter[int]:
    states = (CommandState.CREATED, CommandState.SENT)
    leased = Command.objects.filter(state__in=states, leased_until__gt=now).order_by()
    return Counter(leased.annotate(peer=F("party__connection")).values_list("peer", flat=True))
