"""Circuit breakers: a partner that does not answer is left alone for a while, so that it costs nobody else anything.

A circuit is closed, and counts failures in a row; after CIRCUIT_OPENS_AFTER of them it is open, and calls are not even
tried until its pause is over. Then one call is let through, the probe: its answer closes the circuit, its failure begins
a pause of twice the length. Where only commands failed, the partner's answers to all else prove nothing: those calls go on,
and it is a command that is the probe. Rows are in the database, so that all processes agree and people can look.
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


def enter(partner: Partner, *, for_s: float, command: bool = False) -> Way:
    """Whether to call now; one look at one row a second. Of callers at the same time only one gets the probe.

    for_s: how long a probe may take, until another one is let through in its place. command: the call is one.
    """
    if _sound.get(partner):
        return Way.FREE
    row = _of(partner).values_list("probe_at", "at_commands", "failures").first()
    probe_at, at_commands, failures = row or (None, False, 0)
    if not failures:
        _sound.put(partner, True)
    if probe_at is None or (at_commands and not command):
        return Way.FREE
    now = timezone.now()
    if probe_at > now:
        return Way.SHUT
    taken = _of(partner).filter(probe_at=probe_at)
    return Way.PROBE if taken.update(probe_at=now + timedelta(seconds=for_s)) else Way.SHUT


def answered(partner: Partner, *, command: bool = False) -> None:
    """The partner answered, whatever it said: its circuit is closed, unless commands fail and this was none."""
    if not _sound.get(partner):
        _close(_of(partner) if command else _of(partner).filter(at_commands=False))


def close(partner: Partner) -> None:
    """Somebody wants the partner called again."""
    _close(_of(partner))


@transaction.atomic
def failed(partner: Partner, reason: str, *, probe: bool = False, command: bool = False) -> bool:
    """The partner did not answer, in time or at all, or with 5xx. Returns whether its circuit is open now.

    reason: for staff, without secrets. probe: the call was let through as one; only its failure lengthens the pause.
    command: the call was one.
    """
    if not settings.CIRCUIT_OPENS_AFTER:
        return False
    _sound.drop(partner)
    circuit, _ = Circuit.objects.select_for_update().get_or_create(
        kind=partner.kind, partner=partner.key, defaults={"name": partner.name}
    )
    now = timezone.now()
    circuit.at_commands = command and (circuit.at_commands or circuit.failures == 0)
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
    """Whether a command now, or any call to an app, would not even be tried."""
    return _of(partner).filter(probe_at__gt=timezone.now()).exists()


def of(partner: Partner) -> Circuit | None:
    """The circuit of a partner; None when nothing ever failed there."""
    return _of(partner).first()


def shut(kind: PartnerKind) -> QuerySet[Circuit]:
    """The circuits whose partners are not to be called now, not even for what is no command."""
    return Circuit.objects.filter(kind=kind, at_commands=False, probe_at__gt=timezone.now())


def open_before(kind: PartnerKind, moment: datetime) -> QuerySet[Circuit]:
    """The circuits that are open since before a moment."""
    return Circuit.objects.filter(kind=kind, opened_at__lt=moment)


def due(kind: PartnerKind) -> QuerySet[Circuit]:
    """The circuits that wait for a probe, which may be any call."""
    return Circuit.objects.filter(kind=kind, at_commands=False, probe_at__lte=timezone.now())


def _of(partner: Partner) -> QuerySet[Circuit]:
    return Circuit.objects.filter(kind=partner.kind, partner=partner.key)


def _close(circuits: QuerySet[Circuit]) -> None:
    circuits.filter(failures__gt=0).update(failures=0, at_commands=False, opened_at=None, probe_at=None, pause_s=0)


def _pause(circuit: Circuit, seconds: int) -> None:
    circuit.pause_s, circuit.probe_at = seconds, timezone.now() + timedelta(seconds=seconds)
