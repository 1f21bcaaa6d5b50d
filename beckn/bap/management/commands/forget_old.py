"""forget_old: deletes what is older than the settings want it kept. For the start, or once a day."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from beckn.bap.services import retention


class Command(BaseCommand):
    help = "Deletes searches, bookings, messages and drivers after BAP_KEEP_SEARCHES_DAYS and BAP_KEEP_ORDERS_DAYS."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{retention.forget_old(now=timezone.now())} rows forgotten")
