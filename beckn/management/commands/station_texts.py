"""`manage.py station_texts`: write now what workers write by themselves, with progress."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from beckn.render.catalog import STATIONS
from catalog.services import station_texts


class Command(BaseCommand):
    help = (
        "Write what searches tell of stations where that is missing or outdated. Workers do it too, every 10 s, and a search"
        " that comes first does it for itself; to run it twice, or beside them, does no harm."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--anew", action="store_true", help="all of them; after an upgrade from a release that knew no texts"
        )

    def handle(self, *args: Any, anew: bool, **options: Any) -> None:
        mended = station_texts.mend()
        total = station_texts.count_due(STATIONS, anew=anew)
        with tqdm(total=total, unit="station", disable=None) as bar:
            for done in station_texts.write_due(STATIONS, anew=anew):
                bar.update(done - bar.n)
        self.stdout.write(f"{total} written, {mended} of them because they did not fit their offers")
