"""manage.py bench: how fast the eMSP is, beside the floor of the same run."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from emsp.bench import back_office, floor, places, pricing, runs
from emsp.bench.figures import Figures, Rounds
from emsp.bench.stack import Stack, stack

WHAT = ("price", "pull", "push", "search", "admin")
Row = Figures | Rounds


class Command(BaseCommand):
    help = """Measures search, push, pull and pages of the back office on a database of their own, and price; and the
floor of the machine in the same run.

price is CPU time alone. The others need PostgreSQL and Redis: those of a running demo (make demo), or DATABASE_URL and
REDIS_URL. The database emsp_bench is made on that server and dropped at the end; nothing else is touched. Quote ratios,
not single times.

  manage.py bench search push pull --locations 100000
  manage.py bench price
  manage.py bench search --locations 10000 --per-second 50 --seconds 20 --json out.json
  manage.py bench admin --locations 100 --requests 1000000 --orders 100000
"""

    requires_system_checks = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", nargs="*", help=f"any of {', '.join(WHAT)}; all when none is named")
        parser.add_argument(
            "--locations", type=int, default=10_000, help="stations in the database (default 10000)"
        )
        parser.add_argument("--per-second", type=int, default=50, help="searches per second (default 50)")
        parser.add_argument(
            "--concurrency", type=int, default=8, help="senders of pushes at once (default 8)"
        )
        parser.add_argument(
            "--seconds", type=float, default=20, help="length of each measurement (default 20)"
        )
        parser.add_argument(
            "--requests", type=int, default=100_000, help="requests under the pages (default 100000)"
        )
        parser.add_argument(
            "--orders", type=int, default=10_000, help="orders under the pages (default 10000)"
        )
        parser.add_argument("--loads", type=int, default=50, help="loads of each page (default 50)")
        parser.add_argument("--json", type=Path, help="write the figures to this file as well")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["what"] or list(WHAT)
        if unknown := set(wanted) - set(WHAT):
            raise CommandError(f"not known: {', '.join(sorted(unknown))}; known are {', '.join(WHAT)}")
        rows: list[Row] = []
        notes: list[str] = []
        if "price" in wanted:
            for row in pricing.price():
                self._tell(row, rows)
        if set(wanted) != {"price"}:
            try:
                with stack(settings.DATABASE_URL, settings.REDIS_URL) as made:
                    self._measure(made, wanted, options, rows, notes)
            except RuntimeError as error:
                raise CommandError(str(error)) from None
        if options["json"]:
            found = [asdict(row) | {"per_second": row.per_second} for row in rows]
            options["json"].write_text(
                json.dumps({"figures": found, "notes": notes}, indent=1), encoding="utf-8"
            )

    def _measure(
        self, made: Stack, wanted: list[str], options: Any, rows: list[Row], notes: list[str]
    ) -> None:
        count, seconds = options["locations"], options["seconds"]
        made.run("bench_seed", str(runs.TOKEN))
        if "pull" in wanted and count >= 10:
            self._pull(made, count // 10, rows, notes)
        self._pull(made, count, rows, notes)
        body = b"".join(bytes(str(places.location(n)), "utf-8") for n in range(100))[:40_000].replace(
            b'"', b"'"
        )
        for row in floor.floors(made.database_url, body, min(seconds, 3)):
            self._tell(row, rows)
        if "push" in wanted:
            self._tell(
                runs.push(made, locations=count, concurrency=options["concurrency"], seconds=seconds), rows
            )
        if "search" in wanted:
            for row in runs.search(made, locations=count, per_second=options["per_second"], seconds=seconds):
                self._tell(row, rows)
        if "admin" in wanted:
            self._pages(made, options, rows, notes)

    def _pages(self, made: Stack, options: Any, rows: list[Row], notes: list[str]) -> None:
        wanted = {name: options[name] for name in ("requests", "orders", "loads")}
        measured, told = back_office.pages(made, **wanted)
        for row in measured:
            self._tell(row, rows)
        for note in told:
            notes.append(note)
            self.stdout.write(note)

    def _pull(self, made: Stack, count: int, rows: list[Row], notes: list[str]) -> None:
        row, peak_mb = runs.pull(made, locations=count)
        self._tell(row, rows)
        notes.append(f"peak memory of the pull of {count} locations: {peak_mb} MB")
        self.stdout.write(notes[-1])

    def _tell(self, row: Row, rows: list[Row]) -> None:
        rows.append(row)
        self.stdout.write(row.line())
        self.stdout.flush()
