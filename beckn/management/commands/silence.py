"""manage.py silence: what one operator, or one app, that takes requests and never answers costs all the others."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from beckn.walk.trusted import trusted_app
from emsp.chaos import silent
from emsp.chaos.surroundings import places

OTHERS, SILENT = "others.emsp.example", "silent.emsp.example"
ORDERS_PER_S = 2  # at the silent operator
SEARCHES_PER_S = 5  # of the silent app


class Command(BaseCommand):
    help = """Measures searches and orders of drivers whose operator and app are well, beside the running demo: while all
partners answer, while one operator lets every request hang (orders, tokens and pulls go to it), and while one app
lets every callback hang. With CIRCUIT_OPENS_AFTER=0 in the demo's environment: what it would be without breakers.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=60, help="of each of the three (default 60)")
        parser.add_argument("--hang", type=float, default=30, help="seconds until a request is dropped (default 30)")
        parser.add_argument("--searches", type=int, default=3, help="of the others, a second (default 3)")
        parser.add_argument("--orders", type=int, default=1, help="of the others, a second (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        around = places()

        def measure(name: str) -> None:
            rates = {"searches_per_s": options["searches"], "orders_per_s": options["orders"]}
            for row in silent.others(name, app, around, seconds=options["seconds"], **rates):
                self.stdout.write(row.line())

        with trusted_app(OTHERS) as app, silent.silent_server(options["hang"]) as url:
            measure("all answer")
            with silent.silent_operator(url):
                order = silent.order_at_the_silent_operator(app)
                with silent.Flood(app, "init", order, per_s=ORDERS_PER_S):
                    measure("one operator silent")
            with (
                trusted_app(SILENT, uri=f"{url}/beckn") as quiet,
                silent.Flood(quiet, "search", silent.search_at(), per_s=SEARCHES_PER_S),
            ):
                measure("one app silent")
