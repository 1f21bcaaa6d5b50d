"""manage.py capacity: CPU time of a search and of an order, process by process, beside the running demo."""

import os
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from beckn.walk.app import App
from beckn.walk.conversation import WalkFailed
from beckn.walk.steps import Walk
from beckn.walk.trusted import trusted_app
from emsp.chaos.cost import PROCESSES, cost_of
from emsp.chaos.surroundings import places
from emsp.demo.leftovers import recorded

APPS = 4  # drivers at the same time
ANSWER_S = 60


class Command(BaseCommand):
    help = """CPU time in milliseconds of one search, and with --orders of one order from search to bill, for each process of
the running demo. Time that others take from the machine does not count. docs/scaling.md computes with it."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--searches", type=int, default=1000, help="how many (default 1000)")
        parser.add_argument("--orders", type=int, default=0, help="how many (default none)")
        parser.add_argument("--radius-km", type=int, default=5, help="of a search, in km (default 5)")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(os.environ.get("DEMO_FOLDER") or settings.BASE_DIR / ".demo")
        if not recorded(folder):
            raise CommandError("no demo runs from here: `python -m emsp.demo during capacity` starts one of its own")
        self.stdout.write(f"{'CPU time, ms':<14}" + "".join(f"{name:>10}" for name in PROCESSES) + f"{'all':>10}")
        with trusted_app("capacity.emsp.example") as app:
            for what, count in (("search", options["searches"]), ("order", options["orders"])):
                if count:
                    drivers = _Drivers(app, what, count, options["radius_km"])
                    self._tell(what, cost_of(folder, drivers.work))

    def _tell(self, what: str, cost: dict[str, float]) -> None:
        told = [*(cost[name] for name in PROCESSES), sum(cost.values())]
        self.stdout.write(f"{what:<14}" + "".join(f"{value:>10.2f}" for value in told))


class _Drivers:
    def __init__(self, app: App, what: str, count: int, radius_km: int) -> None:
        self._app, self._what, self._count, self._radius_km, self._places = app, what, count, radius_km, places()

    def work(self) -> int:
        """Gives how many came to their end."""
        with ThreadPoolExecutor(APPS) as drivers:
            return sum(drivers.map(self._one, range(self._count)))

    def _one(self, number: int) -> bool:
        conversation = self._app.conversation(patience_s=0, answer_s=ANSWER_S)
        gps = self._places[number % len(self._places)]
        walk = Walk(conversation, _unheard, gps=gps, radius_km=self._radius_km, energy_kwh=Decimal(1))
        try:
            walk.search() if self._what == "search" else walk.run()
        except WalkFailed:
            return bool(conversation.received()) and self._what == "search"
        return True


def _unheard(action: str, what: str, acked_s: float | None, answered_s: float | None) -> None:
    """Nobody reads along."""
