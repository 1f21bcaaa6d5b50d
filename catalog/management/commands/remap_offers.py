"""`manage.py remap_offers`: finish now what workers do by themselves after an upgrade, with progress."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog.services import remapping


class Command(BaseCommand):
    help = "Map the offers of an earlier release anew. Workers do it too, once in 30 s; to run it twice does no harm."

    def handle(self, *args: Any, **options: Any) -> None:
        total = remapping.behind().count()
        self.stdout.write(f"{total} offer(s) were mapped by an earlier release")
        for done in remapping.remap():
            self.stdout.write(f"{min(done, total)} of {total}")
