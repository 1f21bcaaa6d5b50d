"""manage.py bench: how fast the eMSP is, beside the floor of the same run."""

import json
import os
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from emsp.bench import back_office, cores, growth, interpreter, pricing, runs
from emsp.bench.figures import Figures, Paired, Rounds
from emsp.bench.stack import Stack, stack

WHAT = ("search", "ack", "push", "pull", "order", "price", "admin", "growth")
USUAL = ("price", "pull", "search", "ack", "push", "order")
Row = Figures | Rounds | Paired | growth.Table


class Command(BaseCommand):
    help = """Measures the eMSP on a database of its own, beside the floor of the machine in the same run.

search   end to end: from sending to the arrival of the signed on_search, one at a time and --concurrency at once;
         floor: the same verification, insert, query, bytes, signature and POST in a bare loop of one process
ack      until the ACK; floor: verification and one durable insert in a bare WSGI application on the same server
push     an EVSE's status by PATCH; floor: one durable UPDATE in that application
pull     every location of an operator; floor: the same pages fetched, decoded and copied
order    select, init and confirm with the operator's answers; floor: three bare loops
price    CPU time of a day-long session by a tariff with restrictions; needs no database
admin    pages of the back office over --requests and --orders
growth   search and push over 1 000, 10 000 … --locations, with the size of the indexes; at the end as a table, each
         p50 by its floor and by that of 1 000 locations

Beside search, ACK and push stand the statements that one of them takes, as libpq writes down what goes to the database:
of the web server until the ACK or the answer, BEGIN, COMMIT and the look at a pooled connection included, and of the
worker that answers it. Sweepers and pages are not counted.

All but price need PostgreSQL and Redis: those of a running demo (make demo), or DATABASE_URL and REDIS_URL. The database
emsp_bench is made on that server and dropped at the end; nothing else is touched. Floor and measured take turns,
--rounds times; ratios are given as median (least to most). Quote ratios, not single times.

  manage.py bench search ack push --locations 100000 --concurrency 16 --seconds 10
  manage.py bench pull --locations 100000 --rounds 3 --json out.json
  manage.py bench growth --locations 1000000
  manage.py bench search --locations 10000 --history 1000000
  manage.py bench admin --locations 100 --requests 1000000 --orders 100000
"""

    requires_system_checks = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", nargs="*", help=f"any of {', '.join(WHAT)}; {', '.join(USUAL)} when none is named")
        number = parser.add_argument
        number("--locations", type=int, default=10_000, help="stations in the database (default 10000)")
        number("--concurrency", type=int, default=16, help="senders at once (default 16)")
        number("--seconds", type=float, default=10, help="length of each measurement in a round (default 10)")
        number("--rounds", type=int, default=3, help="rounds of each measurement (default 3)")
        number("--history", type=int, default=0, help="answered requests in the database beforehand (default 0)")
        number("--requests", type=int, default=100_000, help="requests under the pages (default 100000)")
        number("--orders", type=int, default=10_000, help="orders under the pages (default 10000)")
        number("--loads", type=int, default=50, help="loads of each page (default 50)")
        parser.add_argument("--json", type=Path, help="write the figures to this file as well")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["what"] or list(USUAL)
        if unknown := set(wanted) - set(WHAT):
            raise CommandError(f"not known: {', '.join(sorted(unknown))}; known are {', '.join(WHAT)}")
        self.rows: list[Row] = []
        self.notes: list[str] = []
        self._note(interpreter.described())
        if "price" in wanted:
            for row in pricing.price():
                self._tell(row)
        if set(wanted) != {"price"}:
            measured, partners = cores.split(os.sched_getaffinity(0))
            apart = "apart" if measured != partners else "together: there are too few cores to keep them apart"
            self._note(f"cores: {len(measured)} for what is measured, {len(partners)} for the partners' ends, {apart}")
            os.sched_setaffinity(0, measured)
            try:
                with stack(settings.DATABASE_URL, settings.REDIS_URL, measured) as made:
                    self._measure(made, partners, wanted, options)
            except RuntimeError as error:
                raise CommandError(str(error)) from None
        if options["json"]:
            told = {"figures": [row.told() for row in self.rows], "notes": self.notes}
            options["json"].write_text(json.dumps(told, indent=1), encoding="utf-8")

    def _measure(self, made: Stack, partners: set[int], wanted: list[str], options: Any) -> None:
        count, concurrency = options["locations"], options["concurrency"]
        chosen = {name: options[name] for name in ("rounds", "seconds")}
        with runs.prepared(made, partners, locations=count, **chosen) as bench:
            if "growth" in wanted:
                for row in growth.growth(bench, concurrency):
                    self._tell(row)
            elif set(wanted) & {"search", "ack", "push", "order", "admin"}:
                runs.fill(bench)
                if history := options["history"]:
                    made.run("bench_pages", "--requests", str(history), "--orders", str(history // 20 or 1))
            for name in ("search", "ack", "push", "order"):
                if name in wanted:
                    for paired in getattr(bench, name)(concurrency):
                        self._tell(paired)
            if "admin" in wanted:
                self._pages(made, options)
            if "pull" in wanted:
                for paired in bench.pull():
                    self._tell(paired)

    def _pages(self, made: Stack, options: Any) -> None:
        wanted = {name: options[name] for name in ("requests", "orders", "loads")}
        measured, told = back_office.pages(made, **wanted)
        for row in measured:
            self._tell(row)
        for note in told:
            self._note(note)

    def _note(self, text: str) -> None:
        self.notes.append(text)
        self.stdout.write(text)

    def _tell(self, row: Row) -> None:
        self.rows.append(row)
        for line in row.lines() if isinstance(row, Paired | growth.Table) else [row.line()]:
            self.stdout.write(line)
        self.stdout.flush()
