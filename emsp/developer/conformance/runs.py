"""Runs: written down before they begin, told of while they go on, kept when they are done."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from beckn.models import Subscriber, SubscriberStatus, SubscriberType
from emsp.core.errors import DomainError
from emsp.core.log import mask_text
from emsp.core.wakeup import wake
from emsp.developer import tasks
from emsp.developer.conformance import bap, cpo
from emsp.developer.conformance.checks import Check, Checks
from emsp.developer.models import ConformanceRun, RunKind, RunState
from ocpi.models import ConnectionStatus, Party

REASON_LIMIT = 300  # characters
LEASE = timedelta(minutes=10)  # longer than the longest check, which waits for a session and for two results
DIED = "the worker died"


class UnknownTarget(DomainError):
    """Nobody of that name is connected."""


def ask_for(kind: str, target: str, *, with_commands: bool = False) -> ConformanceRun:
    """Write a run to be carried out by a worker. Raises UnknownTarget."""
    with transaction.atomic():
        run = _write(RunState.QUEUED, kind, target, with_commands)
        wake(tasks.carry_out)
    return run


def prepare(kind: str, target: str, *, with_commands: bool = False) -> ConformanceRun:
    """Write a run; who calls carries it out at once. Raises UnknownTarget."""
    return _write(RunState.RUNNING, kind, target, with_commands)


def _write(state: RunState, kind: str, target: str, with_commands: bool) -> ConformanceRun:
    if kind == RunKind.CPO:
        _party(target)
    else:
        _subscriber(target)
    lease = timezone.now() + LEASE if state == RunState.RUNNING else None
    return ConformanceRun.objects.create(
        kind=kind, target=target, with_commands=with_commands, state=state, leased_until=lease
    )


def sweep() -> None:
    """End the runs whose worker died, and carry out what no wake-up told of. Never inside a transaction."""
    now = timezone.now()
    ConformanceRun.objects.filter(state=RunState.RUNNING).exclude(leased_until__gte=now).update(
        state=RunState.BROKEN, reason=DIED, step="", finished_at=now
    )
    carry_out_queued()


def carry_out_queued() -> int:
    """Carry out what waits, one after the other. Returns how many. Never inside a transaction."""
    count = 0
    while (run := _claim()) is not None:
        carry_out(run)
        count += 1
    return count


def carry_out(run: ConformanceRun, report: Callable[[Check], None] = lambda check: None) -> ConformanceRun:
    """Examine the target; each check is stored as soon as it is known, and reported.

    Every check renews the lease. A run that was ended meanwhile is left as it is.
    """
    run.started_at = timezone.now()
    try:
        for check in _checks(run):
            run.checks.append(check.row())
            run.step = check.title[:120]
            if not _keep(run, "started_at", "checks", "step"):
                return run
            report(check)
        run.state = RunState.DONE
    except DomainError as error:
        run.state, run.reason = RunState.BROKEN, mask_text(str(error))[:REASON_LIMIT]
    except Exception:
        run.state, run.reason = RunState.BROKEN, "a fault of ours; the log has it"
        raise
    finally:
        run.step, run.finished_at = "", timezone.now()
        _keep(run, "started_at", "state", "reason", "step", "finished_at")
    return run


def _keep(run: ConformanceRun, *fields: str) -> bool:
    """Store these members and renew the lease; False, and the row is read again, when the run is over already."""
    run.leased_until = timezone.now() + LEASE
    under_way = ConformanceRun.objects.filter(pk=run.pk, state=RunState.RUNNING)
    if under_way.update(**{name: getattr(run, name) for name in (*fields, "leased_until")}):
        return True
    run.refresh_from_db()
    return False


def _checks(run: ConformanceRun) -> Checks:
    if run.kind == RunKind.CPO:
        return cpo.examine(_party(run.target), with_commands=run.with_commands)
    return bap.examine(_subscriber(run.target))


@transaction.atomic
def _claim() -> ConformanceRun | None:
    """The oldest run that waits, taken by this worker."""
    found = ConformanceRun.objects.select_for_update(skip_locked=True).filter(state=RunState.QUEUED)
    run = found.order_by("pk").first()
    if run is not None:
        run.state, run.leased_until = RunState.RUNNING, timezone.now() + LEASE
        run.save(update_fields=["state", "leased_until"])
    return run


def _party(target: str) -> Party:
    country_code, _, party_id = target.partition("-")
    found = Party.objects.filter(
        country_code__iexact=country_code, party_id__iexact=party_id, connection__status=ConnectionStatus.REGISTERED
    ).select_related("connection").order_by("pk").first()  # fmt: skip
    if found is None:
        raise UnknownTarget(f"no registered operator {target[:40]}; write it as IN-CPO")
    return found


def _subscriber(target: str) -> Subscriber:
    found = Subscriber.objects.filter(
        subscriber_id=target, type=SubscriberType.BAP, status=SubscriberStatus.SUBSCRIBED
    ).order_by("-pk").first()  # fmt: skip
    if found is None:
        raise UnknownTarget(f"no subscribed app {target[:80]}")
    return found
