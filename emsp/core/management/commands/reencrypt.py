"""`manage.py reencrypt`: after a new key was put in front of FIELD_ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from emsp.core import reencryption


class Command(BaseCommand):
    """May run beside everything else, be stopped, and be run again."""

    help = "Encrypts all tokens, messages and contacts anew under the first of FIELD_ENCRYPTION_KEYS, with progress."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only count; exit 1 while an older key is still needed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 when the first key opens everything."""
        with tqdm(total=reencryption.total(), unit=" rows", disable=not self.stderr.isatty()) as bar:
            found = reencryption.run(write=not options["check"], progress=bar.update)
        for column in found:
            self.stdout.write(
                f"{column.label}: {column.rows} values, {column.older} "
                f"{'under older keys' if options['check'] else 'encrypted anew'}, {column.unreadable} unreadable"
            )
        if unreadable := sum(column.unreadable for column in found):
            raise CommandError(f"{unreadable} values are opened by none of FIELD_ENCRYPTION_KEYS: add the key they need")
        if options["check"] and (older := sum(column.older for column in found)):
            raise CommandError(f"{older} values still need an older key")
