"""Circuit breakers: a partner that does not answer is left alone for a while, so that it costs nobody else anything.

A circuit is closed, and counts failures in a row; after CIRCUIT_OPENS_AFTER of them it is open, and calls are not even
tried until its pause is over. Then one call is let through, the probe: its answer closes the circuit, its failure begins
a pause of twice the length. Rows are in the database, so that all processes agree and people can look.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from emsp.core.memory import Memory
from emsp.core.models import Circuit, PartnerKind

log = logging.getLogger(__name__)

REASON_LIMIT = 300

_sound: Memory[bool] = Memory(ttl_s=1)  # partners that nothing failed with, as a look at the row said


@dataclass(frozen=True)
class Partner:
    """Whom a circuit is about; see Circuit."""

    kind: PartnerKind
    key: str
    name: str


class Way(Enum):
    """How a call may go out."""

    FREE = "free"
    PROBE = "probe"  # the one call that finds out
    SHUT = "shut"  # not at all now


def enter(partner: Partner, *, for_s: float) -> Way:
    """Whether to call now; one look at one row a second. Of callers at the same time only one gets the probe.

    for_s: how long a probe may take, until another one is let through in its place.
    """
    if _sound.get(partner):
        return Way.FREE
    probe_at, failures = _of(partner).values_list("probe_at", "failures").first() or (None, 0)
    if probe_at is None:
        if not failures:
            _sound.put(partner, True)
        return Way.FREE
    now = timezone.now()
    if probe_at > now:
        return Way.SHUT
    taken = _of(partner).filter(probe_at=probe_at)
    return Way.PROBE if taken.update(probe_at=now + timedelta(seconds=for_s)) else Way.SHUT


def answered(partner: Partner) -> None:
    """The partner answered, whatever it said, or somebody wants it called again: its circuit is closed."""
    if not _sound.get(partner):
        _of(partner).filter(failures__gt=0).update(failures=0, opened_at=None, probe_at=None, pause_s=0)


@transaction.atomic
def failed(partner: Partner, reason: str, *, probe: bool = False) -> bool:
    """The partner did not answer, in time or at all, or with 5xx. Returns whether its circuit is open now.

    reason: for staff, without secrets. probe: the call was let through as one; only its failure lengthens the pause.
    """
    if not settings.CIRCUIT_OPENS_AFTER:
        return False
    _sound.drop(partner)
    circuit, _ = Circuit.objects.select_for_update().get_or_create(
        kind=partner.kind, partner=partner.key, defaults={"name": partner.name}
    )
    now = timezone.now()
    circuit.name, circuit.failures = partner.name, circuit.failures + 1
    circuit.last_failure_at, circuit.last_failure = now, reason[:REASON_LIMIT]
    if circuit.opened_at is None and circuit.failures >= settings.CIRCUIT_OPENS_AFTER:
        circuit.opened_at = now
        _pause(circuit, settings.CIRCUIT_FIRST_PAUSE_S)
        log.warning("%s is left alone: %d failures in a row, the last: %s", circuit, circuit.failures, reason)
    elif circuit.opened_at is not None and probe:
        _pause(circuit, min(2 * circuit.pause_s, settings.CIRCUIT_LONGEST_PAUSE_S))
    circuit.save()
    return circuit.opened_at is not None


def forget() -> None:
    """Look at every row again, and remember nothing of what was there."""
    _sound.clear()


def is_shut(partner: Partner) -> bool:
    """Whether a call now would not even be tried."""
    return _of(partner).filter(probe_at__gt=timezone.now()).exists()


def of(partner: Partner) -> Circuit | None:
    """The circuit of a partner; None when nothing ever failed there."""
    return _of(partner).first()


def shut(kind: PartnerKind) -> QuerySet[Circuit]:
    """The circuits whose partners are not to be called now."""
    return Circuit.objects.filter(kind=kind, probe_at__gt=timezone.now())


def open_before(kind: PartnerKind, moment: datetime) -> QuerySet[Circuit]:
    """The circuits that are open since before a moment."""
    return Circuit.objects.filter(kind=kind, opened_at__lt=moment)


def due(kind: PartnerKind) -> QuerySet[Circuit]:
    """The circuits that wait for a probe."""
    return Circuit.objects.filter(kind=kind, probe_at__lte=timezone.now())


def _of(partner: Partner) -> QuerySet[Circuit]:
    return Circuit.objects.filter(kind=partner.kind, partner=partner.key)


def _pause(circuit: Circuit, seconds: int) -> None:
    circuit.pause_s, circuit.probe_at = seconds, timezone.now() + timedelta(seconds=seconds)
