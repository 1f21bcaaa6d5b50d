"""manage.py walk: one order from search to bill against the running demo."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from beckn.services.subscribers import BadSubscriber
from beckn.walk.conversation import WalkFailed
from beckn.walk.steps import Walk
from beckn.walk.trusted import trusted_app
from sessions import selectors

DELHI = "28.631500,77.216700"


class Command(BaseCommand):
    help = """Drives an order from search to bill as a driver's app would, over HTTP and signatures.

Start the demo first (make demo), then in another terminal:

  manage.py walk                  8 kWh near Connaught Place
  manage.py walk --kwh 3 --gps 12.9756,77.6068
"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kwh", default="8", help="energy to charge, in kWh (default 8)")
        parser.add_argument("--gps", default=DELHI, help="where to search, latitude,longitude")
        parser.add_argument("--radius-km", type=int, default=25, help="how far around, in km (default 25)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            energy_kwh = Decimal(options["kwh"])
        except InvalidOperation:
            raise CommandError("--kwh is a number, such as 8 or 2.5") from None
        self.stdout.write(f"{'request':<10} {'ACK':>8} {'callback':>9}  what came")
        try:
            with trusted_app("walk.emsp.example") as app:
                walk = Walk(
                    app, self._report, gps=options["gps"], radius_km=options["radius_km"], energy_kwh=energy_kwh
                )
                walk.run()
                self._compare(walk.order_id, app.identity.subscriber_id)
        except (WalkFailed, BadSubscriber) as error:
            raise CommandError(str(error)) from None

    def _report(self, action: str, what: str, acked_s: float | None, answered_s: float | None) -> None:
        acked = f"{acked_s * 1000:.0f} ms" if acked_s is not None else ""
        answered = f"{answered_s * 1000:.0f} ms" if answered_s is not None else ""
        self.stdout.write(f"{action or '(news)':<10} {acked:>8} {answered:>9}  {what}")

    def _compare(self, order_id: str, bap_id: str) -> None:
        """The bill beside the CDR it was made from."""
        order = selectors.order_by_reference(order_id, sold_through=bap_id)
        bill = selectors.current_bill(order) if order else None
        if bill is None or bill.cdr is None:
            raise WalkFailed("the bill is not in the database of this command; is DATABASE_URL the demo's?")
        self.stdout.write(
            f"CDR        {bill.cpo_total} {bill.cdr.currency} for {bill.cdr.total_energy_kwh} kWh"
        )
        self.stdout.write(
            f"bill       {bill.quote.total} {bill.quote.currency}  {bill.dispute or 'equals the CDR'}"
        )
        if bill.dispute:
            raise WalkFailed("the bill differs from the CDR")
