"""manage.py chaos: kill what can be killed under load, then prove that nothing was lost and nothing done twice."""

import os
import random
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, close_old_connections
from django.utils import timezone
from tqdm import tqdm

from beckn.walk.app import LOOPBACK
from beckn.walk.trusted import trusted_app
from emsp.chaos import proof
from emsp.chaos.load import Load
from emsp.chaos.mischief import Cuts, Mischief, until
from emsp.chaos.surroundings import control_url, places
from emsp.demo.apart import HUB, INSIDE
from emsp.demo.leftovers import recorded

SPEED = 600  # simulated seconds per real one: a charge takes seconds
FINISH_S = 180
SETTLE_S = 420  # longer than the longest retry
SHOWN = 5


class Command(BaseCommand):
    help = """Kills web, workers, beat, Redis (and empties it) and PostgreSQL of a demo at random while drivers
search and charge, switches faults on at the simulated CPO, then lays the app's, the CPO's and our records side by
side: each acknowledged request answered, no order started twice, every ended session billed, the ledger balanced,
nothing stuck. Exit status 1 when a promise is broken.

  make chaos                      a demo of its own, two minutes
  make chaos MINUTES=10
  manage.py chaos --minutes 2     beside the running demo (make demo), whose processes it kills
  make apart MINUTES=5            a demo on network namespaces: no kills, but one side is cut off now and then
"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=float, default=2, help="how long (default 2)")
        parser.add_argument("--every", type=float, default=5, help="seconds between two deeds (default 5)")
        parser.add_argument("--searchers", type=int, default=4, help="drivers who search (default 4)")
        parser.add_argument("--drivers", type=int, default=6, help="drivers who charge (default 6)")
        parser.add_argument(
            "--apart", action="store_true", help="cut links instead; within `python -m emsp.demo apart` only"
        )
        parser.add_argument("--seed", type=int, default=None, help="of the random deeds; printed at the start")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(os.environ.get("DEMO_FOLDER") or settings.BASE_DIR / ".demo")
        if not recorded(folder):
            raise CommandError("no demo runs from here: `make chaos` starts one of its own")
        if options["apart"] and os.environ.get(INSIDE) != "1":
            raise CommandError("there are no links to cut here: `make apart` runs a demo on network namespaces")
        seed = options["seed"] if options["seed"] is not None else random.randrange(10**6)
        self.stdout.write(f"seed {seed}")
        begun_at = timezone.now()
        deeds = Cuts if options["apart"] else Mischief
        mischief = deeds(
            folder, redis_url=settings.REDIS_URL, control_url=control_url(), seed=seed, tell=tqdm.write
        )
        host = HUB if options["apart"] else LOOPBACK
        with trusted_app("chaos.emsp.example", host=host) as app:
            load = Load(
                app, places(), searchers=options["searchers"], drivers=options["drivers"], seed=seed
            )
            self._run(load, mischief, options["minutes"] * 60, options["every"])
            self._settle(app.identity.subscriber_id)
            findings = proof.prove(app.identity.subscriber_id, load.conversations, since=begun_at)
        self._report(load, mischief, findings)

    def _run(self, load: Load, mischief: Mischief, seconds: float, every_s: float) -> None:
        usual_speed = mischief.speed()
        mischief.ask_simulator({"speed": SPEED})
        load.start()
        with tqdm(total=round(seconds), unit="s", desc="chaos", disable=None) as bar:
            begun = time.monotonic()

            def strike(now: float) -> None:
                bar.update(round(now - begun) - bar.n)
                mischief.strike(now)

            until(seconds, every_s, strike)
        mischief.ask_simulator({"reset": True})
        if late := load.stop(FINISH_S):
            self.stdout.write(f"{late} drivers did not finish within {FINISH_S} s")
        mischief.ask_simulator({"speed": usual_speed})

    def _settle(self, app_id: str) -> None:
        """Wait until nothing is under way any more, at most SETTLE_S."""
        begun = time.monotonic()
        while time.monotonic() - begun < SETTLE_S:
            close_old_connections()  # the server behind them may have been killed
            try:
                if not (left := proof.open_work(app_id)):
                    break
                self.stdout.write(f"{left} still under way")
            except OperationalError as error:
                self.stdout.write(f"the database is not back yet ({type(error).__name__})")
            time.sleep(5)
        self.stdout.write(f"settled after {time.monotonic() - begun:.0f} s")

    def _report(self, load: Load, mischief: Mischief, findings: list[proof.Finding]) -> None:
        write = self.stdout.write
        asked = sum(len(conversation.asked) for conversation in load.conversations)
        write(f"\ndeeds: {_counted(mischief.deeds)}")
        write(f"load:  {asked} acknowledged requests in {len(load.conversations)} conversations")
        write(f"ends:  {_counted(load.endings)}\n")
        for finding in findings:
            verdict = f"BROKEN {len(finding.broken)}" if finding.broken else "kept"
            write(f"{finding.promise:<62} {finding.looked_at:>7}  {verdict}")
            for case in finding.broken[:SHOWN]:
                write(f"    {case}")
        if broken := [finding.promise for finding in findings if finding.broken]:
            raise CommandError(f"{len(broken)} promises broken")


def _counted(counter: Any) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common()) or "none"
