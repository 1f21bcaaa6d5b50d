"""manage.py bench_pages: rows and a logged-in browser for measuring pages; only for the database that `bench` makes."""

import json
import random
import uuid
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from beckn.models import Request, Transaction
from catalog.models import Offer
from emsp.backoffice.dashboard import counting
from emsp.core import crypto
from emsp.core.wire import encode

DAYS = 30
BAP_ID = "bap.bench.example"
ACTIONS = ("search", "search", "search", "select", "init", "confirm", "status", "status", "status", "update")


class Command(BaseCommand):
    help = "Copies requests and orders into the database of `manage.py bench admin` and prints pages to measure as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--requests", type=int, default=1_000_000)
        parser.add_argument("--orders", type=int, default=100_000)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DATABASES["default"]["NAME"] != "emsp_bench":
            raise CommandError("this is not the database of a measurement")
        _seed(options["requests"], options["orders"])
        while counting.count_due() == counting.MOST:
            pass
        client = Client()
        client.force_login(User.objects.create_superuser("bench"))
        middle = Transaction.objects.exclude(order=None)[
            options["orders"] // 2 if options["orders"] > 1 else 0
        ]
        paths = {
            "dashboard, 24 hours": reverse("admin:index"),
            "dashboard, 30 days": reverse("admin:index") + "?span=30d",
            "conversation": reverse("admin:beckn_transaction_change", args=[middle.pk]),
        }
        pages = []
        for name, path in paths.items():
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            pages.append({"name": name, "path": path, "queries": len(queries)})
        self.stdout.write(json.dumps({"session": client.cookies["sessionid"].value, "pages": pages}))


def _seed(requests: int, orders: int) -> None:
    """The conversations with orders come first; each conversation has as many requests as every other."""
    now, draw = timezone.now(), random.Random(1)
    offer = Offer.objects.order_by("pk").first()
    if offer is None:
        raise CommandError("there is no offer to order")
    per = max(requests // max(orders * 2, 1), 1)
    count = max(requests // per, 1)
    at = [now - timedelta(seconds=draw.random() * DAYS * 86_400) for _ in range(count)]
    ids = [str(uuid.UUID(int=draw.getrandbits(128))) for _ in range(count)]
    sealed = Request._meta.get_field("body").get_prep_value({"context": {}, "message": {}})
    answer = crypto.encrypt_bytes(encode({"context": {}, "message": {}}))
    states = ("BILLED", "BILLED", "BILLED", "CANCELLED", "EXPIRED")

    _copy("charging_sessions_order (id, reference, state, sold_through, offer_id, party_id, driver_hash, energy_kwh,"
          " reservation_id, cancelled_by, cancel_reason, cancel_reason_id, failure, fee, stop_failure, confirmed_at,"
          " ended_at, created_at, updated_at)",
          ((n + 1, ids[n], states[n % 5], BAP_ID, offer.pk, offer.party_id, "", 7, "", "", "", "", "", 0, "", at[n],
            at[n] + timedelta(hours=1), at[n], at[n]) for n in range(min(orders, count))))  # fmt: skip
    _copy("beckn_transaction (id, bap_id, transaction_id, context, order_id, created_at)",
          ((n + 1, BAP_ID, ids[n], "{}", n + 1 if n < orders else None, at[n]) for n in range(count)))  # fmt: skip

    def rows() -> Iterator[tuple[int, int, str, datetime]]:
        for n in range(count):
            for k in range(per):
                yield n * per + k + 1, n, ACTIONS[k % len(ACTIONS)], at[n] + timedelta(seconds=20 * k)

    _copy("beckn_request (id, bap_id, message_id, action, wish, digest, transaction_id, body, state, order_id, due_at,"
          " attempts, received_at, answered_at)",
          ((pk, BAP_ID, str(pk), action, "", "", ids[n], sealed, "ANSWERED", n + 1 if n < orders else None, moment, 0,
            moment, moment) for pk, n, action, moment in rows()))  # fmt: skip
    _copy("beckn_callback (id, request_id, order_id, bap_id, transaction_id, message_id, action, url, body, sequence_key,"
          " superseded_by_newer, state, due_at, expires_at, attempts, last_error, error_code, created_at, sent_at)",
          ((pk, pk, n + 1 if n < orders else None, BAP_ID, ids[n], str(pk), f"on_{action}", "http://a.example/",
            answer, "", False, "DEAD" if pk % 1_000 == 0 else "DELIVERED", moment, moment, 1, "",
            "30001" if pk % 50 == 0 else "", moment, moment + timedelta(milliseconds=draw.expovariate(1 / 200)))
           for pk, n, action, moment in rows()))  # fmt: skip
    with connection.cursor() as cursor:
        for table in ("charging_sessions_order", "beckn_transaction", "beckn_request", "beckn_callback"):
            cursor.execute(
                f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))"
            )
            cursor.execute(f"analyze {table}")


def _copy(target: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"copy {target} from stdin") as copy:
        for row in rows:
            copy.write_row(row)
