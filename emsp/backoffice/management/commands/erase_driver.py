"""`manage.py erase_driver WHO`: what is kept of a driver; with --yes it is erased."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from emsp.backoffice.erasure import service


class Command(BaseCommand):
    """Shows first; nothing changes without --yes."""

    help = (
        "Shows what is kept of a driver, and with --yes erases it. Orders, charges, bills, invoices and the ledger stay, "
        "without what joins them to the driver (docs/security.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", help="phone number, mail address, token uid or order reference, whole")
        parser.add_argument("--yes", action="store_true", help="erase it; without, only show")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 when nobody is found, or something of the driver is not over."""
        traces = service.traces_of(options["who"])
        if not traces.anything:
            raise CommandError("nothing is kept of such a driver; a phone number must be as the app sent it")
        try:
            report = service.erase(traces) if options["yes"] else service.report_of(traces)
        except service.StillRunning as refusal:
            raise CommandError(f"nothing was erased, {refusal}") from None
        for line in report.lines():
            self.stdout.write(line)
        self.stdout.write("Erased." if options["yes"] else "Nothing was changed; --yes erases it.")
