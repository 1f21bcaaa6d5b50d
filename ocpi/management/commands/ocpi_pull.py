"""ocpi_pull: reads tariffs, locations, sessions and CDRs of registered CPOs now, and says how it went."""

import sys
import time
from argparse import ArgumentParser
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ocpi.models import Connection, ConnectionStatus
from ocpi.services import pulls
from ocpi.services.pulls import ModuleReport

WAIT_FOR_OTHERS_S = 900.0
LINE_EVERY_S = 5.0
HEAD: tuple[str, ...] = ("CPO", "module", "read", "pages", "objects", "stored", "parked", "gone", "seconds")


class Command(BaseCommand):
    """Exit status 0 when every module was read to its end; parked objects are counted, not an error."""

    help = "Pull tariffs, locations, sessions and CDRs of one CPO, or of all registered ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("party", nargs="?", metavar="CC-PID", help="country code and party id, as IN-ABC")
        parser.add_argument(
            "--full", action="store_true", help="read everything, and mark the locations that are gone"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rows, problems = [HEAD], []
        for connection in _connections(options["party"]):
            progress = Progress(str(connection), sys.stderr)
            reports = pulls.pull_connection(
                connection, full=options["full"], watch=progress.show, wait_s=WAIT_FOR_OTHERS_S, insist=True
            )
            progress.close()
            rows += [_row(connection, report) for report in reports]
            problems += [f"{connection}: {text}" for report in reports if (text := _problem(report))]
        self.stdout.write(_table(rows) if len(rows) > 1 else "no CPO is registered")
        if problems:
            raise CommandError("\n".join(problems))


class Progress:
    """A bar for each module on a terminal; elsewhere now and then a line."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self._name, self._stream = name, stream
        self._bar: tqdm[Any] | None = None
        self._module, self._said_at = "", 0.0

    def show(self, report: ModuleReport) -> None:
        """Tell how far the pull of a module is."""
        if self._stream.isatty():
            self._show_bar(report)
        elif report.module != self._module or time.monotonic() - self._said_at >= LINE_EVERY_S:
            known = f" of {report.total}" if report.total is not None else ""
            self._stream.write(f"{self._name}: {report.module}, {report.objects}{known} objects\n")
            self._stream.flush()
            self._said_at = time.monotonic()
        self._module = report.module

    def _show_bar(self, report: ModuleReport) -> None:
        if self._bar is None or report.module != self._module:
            self.close()
            self._bar = tqdm(desc=f"{self._name} {report.module}", unit=" objects", file=self._stream)
        if report.total is not None:
            self._bar.total = report.total
        self._bar.update(report.objects - self._bar.n)

    def close(self) -> None:
        """End the bar that is being drawn."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _connections(party: str | None) -> list[Connection]:
    registered = Connection.objects.filter(status=ConnectionStatus.REGISTERED)
    if party is None:
        return list(registered)
    country_code, _, party_id = party.partition("-")
    found = list(
        registered.filter(
            parties__country_code__iexact=country_code, parties__party_id__iexact=party_id
        ).distinct()
    )
    if not found:
        raise CommandError(f"no registered CPO is called {party}; it is written as IN-ABC")
    return found


def _problem(report: ModuleReport) -> str:
    if report.busy:
        return f"{report.module} could not be read, another pull of it did not end"
    return f"{report.module} was not read to its end, {report.error}" if report.error else ""


def _row(connection: Connection, report: ModuleReport) -> tuple[str, ...]:
    how = "full" if report.full else "changes"
    if not report.offered:
        how = "not offered"
    if report.busy or report.error:
        how = "failed"
    figures = (report.pages, report.objects, report.stored, report.parked, report.gone)
    return (str(connection), report.module, how, *map(str, figures), f"{report.seconds:.1f}")


def _table(rows: list[tuple[str, ...]]) -> str:
    """Rows as text, words to the left and figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if place < 3 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
