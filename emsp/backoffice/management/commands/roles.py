"""`manage.py roles`: how the shipped roles differ from what staff made of them; --restore puts one back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from emsp.backoffice.roles import install
from emsp.backoffice.roles.shipped import ROLES


class Command(BaseCommand):
    help = "Show what staff changed in the shipped roles; with --restore ROLE give it exactly what is shipped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--restore", choices=sorted(ROLES), metavar="ROLE", help=", ".join(ROLES))

    def handle(self, *args: Any, restore: str | None = None, **options: Any) -> None:
        if restore:
            install.restore(restore)
        for name in ROLES:
            taken, added = install.differences(name)
            self.stdout.write(f"{name}: {'as shipped' if not taken and not added else 'changed by staff'}")
            for sign, permissions in (("-", taken), ("+", added)):
                for permission in sorted(permissions):
                    self.stdout.write(f"  {sign} {permission}")
