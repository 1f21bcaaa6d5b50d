"""Pulls: reading what a peer's sender modules list, page by page. Source: ocpi.md 1.8, design.md §5.

Bounded memory: one page at a time goes to the services that store it. Modules are read in an order in which
prices are there before the connectors that name them.
"""

import gc
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db import reset_queries
from django.utils import timezone

from emsp.core.wakeup import wake
from ocpi import tasks
from ocpi.client import NotOffered, OcpiClient, Page, PeerError
from ocpi.models import Connection, ConnectionStatus, SyncState
from ocpi.services.pull_gone import mark_gone, saw_everything
from ocpi.services.pull_lease import Lease, LeaseLost
from ocpi.services.pull_pages import PageStore, Stored
from ocpi.services.pull_schedule import due_connections, due_modules, want_full, wants_full
from ocpi.services.pull_windows import windows

log = logging.getLogger(__name__)

MODULES = ("tariffs", "locations", "sessions", "cdrs")
OVERLAP = timedelta(minutes=10)
# Sessions must be asked for with date_from, and what was charged long ago changes no more (T13: hubs give 31 days).
LOOK_BACK = {"sessions": timedelta(days=30), "cdrs": timedelta(days=30)}
ERROR_LENGTH = 500
BUSY_POLL_S = 1.0

Sleep = Callable[[float], None]


@dataclass
class ModuleReport(Stored):
    """How the pull of one module went. total: how many objects the peer says it has, None when it does not.

    error: why it was not read to its end. offered: False when the peer has no such module, which is no error.
    busy: another pull of it was under way. gone: locations that a complete crawl did not find any more.
    """

    module: str = ""
    full: bool = False
    offered: bool = True
    busy: bool = False
    pages: int = 0
    objects: int = 0
    total: int | None = None
    gone: int = 0
    seconds: float = 0.0
    error: str = ""


Watch = Callable[[ModuleReport], None]


def pull_connection(
    connection: Connection,
    *,
    full: bool = False,
    modules: Sequence[str] = MODULES,
    watch: Watch | None = None,
    sleep: Sleep = time.sleep,
    wait_s: float = 0.0,
    insist: bool = False,
) -> list[ModuleReport]:
    """Pull these modules of a peer one after the other. Calls out: never inside a transaction.

    full: read everything, not only what changed since the last pull. watch: is told after each page.
    wait_s: how long to wait for another pull of the same module to end; after that the report says busy.
    insist: ask also while the peer is left alone because it does not answer.
    """
    reports = []
    for module in modules:
        report = pull_module(connection, module, full=full, watch=watch, sleep=sleep, insist=insist)
        waited_s = 0.0
        while report.busy and waited_s < wait_s:
            sleep(BUSY_POLL_S)
            waited_s += BUSY_POLL_S
            report = pull_module(connection, module, full=full, watch=watch, sleep=sleep, insist=insist)
        reports.append(report)
    return reports


def request_pull(connection: Connection, *, full: bool = False) -> None:
    """Have a worker pull all modules of a peer, after the caller's transaction; full: everything."""
    if full:
        want_full(connection, MODULES)
    wake(tasks.pull_connection, connection.pk)


def request_due() -> None:
    """Have workers pull the peers of which something is due."""
    for connection in due_connections(MODULES):
        wake(tasks.pull_connection, connection.pk, True)


def pull_due(connection: Connection) -> list[ModuleReport]:
    """Pull those modules of a peer that are due. Calls out: never inside a transaction."""
    return pull_connection(connection, modules=due_modules(connection, MODULES))


def pull_module(
    connection: Connection,
    module: str,
    *,
    full: bool = False,
    watch: Watch | None = None,
    sleep: Sleep = time.sleep,
    insist: bool = False,
) -> ModuleReport:
    """Read one module of a peer to its end, or say why not. Calls out: never inside a transaction.

    Without full it reads what changed since the largest last_updated seen, less an overlap: a clock that is
    wrong at the peer is wrong in both. Absence removes nothing then.
    """
    begun = time.monotonic()
    report = ModuleReport(module=module)
    if connection.status != ConnectionStatus.REGISTERED:
        report.error = "the peer is not registered"
        return report
    taken = Lease.take(connection, module)
    if taken is None:
        report.busy = True
        return report
    lease, state = taken
    try:
        run = _Run(connection, state, lease, report, watch or (lambda report: None))
        run.read(full=full or wants_full(state), sleep=sleep, insist=insist)
        run.finish()
    finally:
        lease.release()
        report.seconds = time.monotonic() - begun
    return report


@cache
def _spare_what_is_loaded() -> None:
    """Have the garbage collector pass by what the process has loaded: it walked through all of that every few pages."""
    gc.collect()
    gc.freeze()


class _Run:
    """One crawl under its lease."""

    def __init__(
        self, connection: Connection, state: SyncState, lease: Lease, report: ModuleReport, watch: Watch
    ) -> None:
        self._connection, self._state, self._lease = connection, state, lease
        self._report, self._watch = report, watch
        self._started_at = timezone.now()
        self._lost = False

    def read(self, *, full: bool, sleep: Sleep, insist: bool) -> None:
        """Fetch and store the pages; what ends the crawl early stands in the report."""
        report, module = self._report, self._state.module
        report.full = full
        if full:
            # A crawl that does not come to its end, for whatever reason, leaves a full one to be done.
            self._update(full_wanted=False, last_full_at=None)
        self._update(run_objects=0, run_total=None)
        _spare_what_is_loaded()
        store = PageStore(self._connection, module, received_at=self._started_at)

        def wait(seconds: float) -> None:
            self._lease.renew()
            sleep(seconds)

        try:
            for page in self._pages(wait, insist=insist):
                report.add(store.store(page.objects))
                report.pages += 1
                report.objects += len(page.objects)
                self._update(run_objects=report.objects, run_total=report.total)
                self._lease.renew()
                self._watch(report)
                reset_queries()  # with DEBUG on, Django keeps every query in memory
        except NotOffered:
            report.offered = False
        except PeerError as error:
            report.error = error.reason
        except LeaseLost:
            report.error, self._lost = "another pull of it took over", True

    def _pages(self, sleep: Sleep, *, insist: bool) -> Iterator[Page]:
        """The pages of the list, asked for in pieces where the peer wants it; keeps count of what there is in all."""
        client = OcpiClient(self._connection, insist=insist)
        counted: int | None = 0  # objects of the pieces before, as far as the peer tells
        for piece in windows(self._date_from(), self._started_at, self._connection.max_range_days):
            total: int | None = None
            for page in client.pages(self._state.module, *piece, sleep=sleep):
                total = page.total
                self._report.total = None if counted is None or total is None else counted + total
                yield page
            counted = self._report.total

    def finish(self) -> None:
        """Write down how far the crawl came, and mark what a complete one has not seen."""
        report = self._report
        if report.error:
            log.warning("pull of %s at %s ended early: %s", report.module, self._connection, report.error)
            if not self._lost:
                error = report.error[:ERROR_LENGTH]
                self._update(error=error, stored=report.stored, parked=report.parked)
            return
        if report.full and report.offered and report.module == "locations":
            self._mark_gone()
        values = {"error": "", "stored": report.stored, "parked": report.parked}
        if report.full:
            values["last_full_at"] = self._started_at
        self._update(**values, last_complete_at=self._started_at, high_water_at=self._high_water())

    def _mark_gone(self) -> None:
        report = self._report
        if saw_everything(
            self._connection, since=self._started_at, objects=report.objects, skipped=report.skipped,
            total=report.total,
        ):
            report.gone = mark_gone(self._connection, since=self._started_at)
        else:
            log.warning("locations at %s: not all that it counts were seen, none marked gone", self._connection)

    def _date_from(self) -> datetime | None:
        look_back = LOOK_BACK.get(self._report.module)
        oldest = self._started_at - look_back if look_back else None
        if self._report.full or self._state.high_water_at is None:
            return oldest
        return self._state.high_water_at - OVERLAP

    def _high_water(self) -> datetime | None:
        """The largest last_updated seen; one in the future, by our clock, must not hide what comes before it."""
        newest_at = self._report.newest_at
        seen = [self._state.high_water_at, newest_at and min(newest_at, self._started_at)]
        return max(filter(None, seen), default=None)

    def _update(self, **values: object) -> None:
        SyncState.objects.filter(pk=self._state.pk).update(**values)
