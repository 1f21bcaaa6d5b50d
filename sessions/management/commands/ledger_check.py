"""`manage.py ledger_check`: proves that the books are right."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sessions.ledger import proof
from sessions.models import JournalEntry


class Command(BaseCommand):
    """Exit status 1 and a line for each problem; for a daily job whose failure somebody hears of."""

    help = "Check that every entry of the ledger balances and every closed statement is the sum of its entries."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, and tell."""
        problems = proof.problems()
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write(f"{JournalEntry.objects.count()} entries balance; closed statements are their sums")
