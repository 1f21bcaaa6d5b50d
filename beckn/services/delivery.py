"""Sends what is due in the outbox: signed at the last moment, in order, again when it failed.

A receiver that is slow or away delays only itself: each gets a few of the worker's threads at most. One that does not
answer at all is left alone for a while (emsp.core.circuits): its callbacks wait, and spend no attempts.
"""

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from beckn import signing
from beckn.models import Callback, CallbackState, app_partner
from beckn.services import own_keys
from beckn.services.outcome import Outcome, Verdict, post
from beckn.services.slots import Slots
from emsp.core import circuits
from emsp.core.circuits import Partner, Way
from emsp.core.correlation import about
from emsp.core.exchanges import BECKN, FAILED, OK, REFUSED, exchange
from emsp.core.models import PartnerKind
from emsp.core.sql import NOT_WAITED_FOR, binary_cursor
from emsp.core.wire import encode, load_json, moment_text

log = logging.getLogger(__name__)

BATCH = 16
BATCH_TIME_S = 0.5  # a batch that took longer gives the rest back, for other threads to send
RECORD_EVERY_S = 0.25
LEASE = timedelta(seconds=30)  # more than BATCH_TIME_S and one send at its time limit
RESTAMP_AFTER = timedelta(seconds=30)
WAITS_S = (1, 2, 4, 8, 16, 32, 60)
LONG_WAIT_S = 300
PATIENCE = 6  # attempts for which a callback holds back later ones of its order

OUTCOMES = {Verdict.DELIVERED: OK, Verdict.REFUSED: REFUSED, Verdict.LATER: FAILED, Verdict.NEVER: FAILED}

in_flight = Slots(limit=4)

# What sending needs of a row, in the order of the model.
SENT = ["id", "bap_id", "transaction_id", "message_id", "action", "url", "body", "sequence_key", "expires_at", "attempts",
        "created_at"]  # fmt: skip

# Leases and what arrived may be lost when PostgreSQL dies: it is sent again then, as the same message.
CLAIM = f"""
    with {NOT_WAITED_FOR}, due as materialized (
        select c.id from beckn_callback c
        where c.state = 'PENDING' and c.due_at <= %(now)s and c.expires_at > %(now)s and c.bap_id = %(bap_id)s
          and (c.leased_until is null or c.leased_until < %(now)s)
          and not exists (
              select 1 from beckn_callback e
              where e.sequence_key = c.sequence_key and e.sequence_key <> '' and e.id < c.id
                and e.state = 'PENDING' and e.attempts < %(patience)s)
        order by c.due_at, c.id limit %(limit)s
        for update skip locked)
    update beckn_callback set leased_until = %(until)s from due, unhurried where beckn_callback.id = due.id
    returning {", ".join(f"beckn_callback.{name}" for name in SENT)}
"""
DELIVERED = f"""
    with {NOT_WAITED_FOR}
    update beckn_callback set state = 'DELIVERED', sent_at = %(now)s, last_status = %(status)s, last_error = '',
        attempts = attempts + 1, leased_until = null
    from unhurried where id = any(%(ids)s)
"""


def deliver_due() -> int:
    """Send what is due, receiver by receiver, until nothing is. Returns how many were claimed.

    Never inside a transaction. Safe in any number of threads and workers at once: rows are leased, and each
    receiver is served by at most `in_flight.limit` threads of one process.
    """
    sent, idle = 0, set[str]()
    while (bap_id := _take_receiver(idle)) is not None:
        try:
            count = _deliver_batch(bap_id)
        finally:
            in_flight.free(bap_id)
        sent += count
        if not count:
            idle.add(bap_id)  # what is due there waits for its turn in another thread
    return sent


def has_due() -> bool:
    """Is there anything that a thread should send now?"""
    return _due().exclude(bap_id__in=in_flight.full()).exists()


def expire() -> int:
    """Give up what was not delivered in its time. Returns how many."""
    over = Callback.objects.filter(state=CallbackState.PENDING, expires_at__lte=timezone.now())
    return over.update(state=CallbackState.DEAD, leased_until=None)


def _due() -> QuerySet[Callback]:
    now = timezone.now()
    due = Callback.objects.filter(state=CallbackState.PENDING, due_at__lte=now, expires_at__gt=now)
    return due.exclude(leased_until__gte=now).exclude(bap_id__in=circuits.shut(PartnerKind.BAP).values("partner"))


def _take_receiver(idle: Iterable[str]) -> str | None:
    """The app that waits longest, with one of its slots taken; None when there is nothing to send."""
    while True:
        passed = {*idle, *in_flight.full()}
        bap_id = _due().exclude(bap_id__in=passed).order_by("due_at").values_list("bap_id", flat=True).first()
        if bap_id is None or in_flight.take(bap_id):
            return bap_id


def _deliver_batch(bap_id: str) -> int:
    now = timezone.now()
    values = {"bap_id": bap_id, "now": now, "until": now + LEASE, "limit": BATCH, "patience": PATIENCE}
    with binary_cursor() as cursor:
        rows = sorted(cursor.execute(CLAIM, values, binary=True, prepare=True).fetchall())
    arrived = Arrived()
    sent = send_leased(bap_id, [_callback(row) for row in rows], arrived)
    arrived.write_down()
    return sent


def _callback(row: tuple[Any, ...]) -> Callback:
    """What is to be sent, from a row as CLAIM gives it."""
    claimed = Callback.from_db(None, SENT, row)
    claimed.body = Callback._meta.get_field("body").from_db_value(claimed.body, None, connection)
    return claimed


def send_leased(bap_id: str, leased: Sequence[Callback], arrived: "Arrived") -> int:
    """Send them unless the app is left alone, and give back what was not sent. Returns how many were sent.

    arrived: notes what arrived; who gave it writes it down.
    """
    if not leased:
        return 0
    app = app_partner(bap_id)
    way = circuits.enter(app, for_s=LEASE.total_seconds())
    sent = 0 if way == Way.SHUT else _send_each(leased, app, arrived, probe=way == Way.PROBE)
    if way == Way.PROBE:
        arrived.write_down()  # the app is called again from here on
    _give_back(leased[sent:])
    return sent


def _send_each(callbacks: Sequence[Callback], app: Partner, arrived: "Arrived", *, probe: bool) -> int:
    """Send one after the other, as long as the time of a batch lasts and the app answers. Returns how many were sent."""
    begun = time.monotonic()
    sent, silent = 0, False
    for callback in callbacks:
        if silent or time.monotonic() - begun > BATCH_TIME_S:
            break
        with about(
            transaction_id=callback.transaction_id, message_id=callback.message_id, action=callback.action,
            subscriber=callback.bap_id, order=callback.sequence_key,
        ):  # fmt: skip
            outcome = send_once(callback)
            sent += 1
            if outcome.verdict == Verdict.DELIVERED:
                arrived.add(callback, outcome.status)
            else:
                silent = _record_failure(callback, outcome, app, probe=probe)
    return sent


class Arrived:
    """What arrived at apps, written down many rows at once: every RECORD_EVERY_S, and at the end. For all threads."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int | None], list[int]] = {}
        self._since = time.monotonic()
        self._lock = threading.Lock()

    def add(self, callback: Callback, status: int | None) -> None:
        """status: of the app's answer."""
        with self._lock:
            self._rows.setdefault((callback.bap_id, status), []).append(callback.pk)
            late = time.monotonic() - self._since > RECORD_EVERY_S
        if late:
            self.write_down()

    def write_down(self) -> None:
        """Write what was added, and forget it here; what cannot be written now is written with what comes next."""
        with self._lock:
            rows, self._rows, self._since = self._rows, {}, time.monotonic()
        try:
            for bap_id in dict.fromkeys(bap_id for bap_id, _ in rows):
                circuits.answered(app_partner(bap_id))
            for (_, status), chosen in rows.items():
                with binary_cursor() as cursor:
                    cursor.execute(DELIVERED, {"now": timezone.now(), "status": status, "ids": chosen}, prepare=True)
        except BaseException:
            with self._lock:
                for key, chosen in rows.items():
                    self._rows.setdefault(key, []).extend(chosen)
            raise


def send_once(callback: Callback) -> Outcome:
    """Sign and POST it, whatever state its row is in. Never inside a transaction."""
    body = _fresh(callback)
    with exchange(BECKN, "callback", subject=callback.action, partner=callback.bap_id) as ending:
        outcome = post(callback.url, body, _headers(body))
        ending.outcome, ending.status = OUTCOMES[outcome.verdict], outcome.status
    return outcome


def _give_back(callbacks: Sequence[Callback]) -> None:
    """End the leases of what a batch did not come to."""
    chosen = [callback.pk for callback in callbacks]
    if chosen:
        Callback.objects.filter(pk__in=chosen, state=CallbackState.PENDING).update(leased_until=None)


def _record_failure(callback: Callback, outcome: Outcome, app: Partner, *, probe: bool) -> bool:
    """Plan the next attempt, or give up. News that was superseded while it was on its way stays so.

    Returns whether the app is to be left alone now.
    """
    now = timezone.now()
    attempts = callback.attempts + 1
    due_at = now + timedelta(seconds=max(wait_s(attempts), outcome.retry_after_s or 0))
    state = CallbackState.PENDING
    if outcome.verdict == Verdict.REFUSED:
        state = CallbackState.REFUSED
    elif outcome.verdict == Verdict.NEVER or due_at >= callback.expires_at:
        state = CallbackState.DEAD
    Callback.objects.filter(pk=callback.pk, state=CallbackState.PENDING).update(
        state=state, due_at=due_at, attempts=attempts, sent_at=now, leased_until=None,
        last_status=outcome.status, last_error=outcome.reason,
    )
    log.warning("%s to %s: %s (attempt %s, %s)", callback.action, callback.bap_id, outcome.reason, attempts, state)
    if outcome.silent:
        return circuits.failed(app, outcome.reason, probe=probe)
    if outcome.status is not None:
        circuits.answered(app)
    return False


def wait_s(attempts: int) -> int:
    """Seconds until the next attempt: 1, 2, 4 … 60, then 300. Source: design.md §8, retry of a callback."""
    return WAITS_S[attempts - 1] if attempts <= len(WAITS_S) else LONG_WAIT_S


def _fresh(callback: Callback) -> bytes:
    """The body to send; one that waited says when it leaves, because apps refuse old timestamps."""
    body = bytes(callback.body)
    now = timezone.now()
    if now - callback.created_at < RESTAMP_AFTER:
        return body
    message = load_json(body)
    message["context"]["timestamp"] = moment_text(now, milliseconds=True)
    return encode(message)


def _headers(body: bytes) -> dict[str, str]:
    ours = own_keys.current()
    signature = signing.sign(
        body,
        subscriber_id=settings.BECKN_SUBSCRIBER_ID,
        unique_key_id=ours.unique_key_id,
        private_key=ours.signing,
        now=int(time.time()),
    )
    return {"Content-Type": "application/json", "Authorization": signature}
