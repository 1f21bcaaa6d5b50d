"""manage.py docs build --out DIR: the documentation as files for any web server."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from emsp.developer.guides import site


class Command(BaseCommand):
    help = "Write the pages of /docs as files, and refuse when a link leads nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["build"])
        parser.add_argument("--out", required=True, help="folder to write to; made when it is not there")

    def handle(self, *args: Any, **options: Any) -> None:
        dead = site.dead_links(site.pages())
        if dead:
            raise CommandError("dead links: " + "; ".join(dead))
        try:
            written = site.build(Path(options["out"]))
        except OSError as error:
            raise CommandError(f"cannot write: {error.strerror}") from None
        self.stdout.write(f"{len(written)} files in {options['out']}")
