"""manage.py bench_seed TOKEN: the operator of a measurement; only for the database that `bench` makes."""

from argparse import ArgumentParser, FileType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from emsp.core.crypto import token_hash
from emsp.core.wire import load_json
from ocpi.models import Connection, ConnectionStatus, IncomingToken, Party
from ocpi.services import locations, tariffs


class Command(BaseCommand):
    help = "Makes the operator that `manage.py bench` measures with. Refuses any database but emsp_bench."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("token", help="with which the operator pushes")
        parser.add_argument("objects", type=FileType("rb"), help="JSON: its tariff, and one location")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DATABASES["default"]["NAME"] != "emsp_bench":
            raise CommandError("this is not the database of a measurement")
        connection = Connection.objects.create(
            name="Bench", status=ConnectionStatus.REGISTERED, outgoing_token="unused", page_limit=500
        )
        IncomingToken.objects.create(
            connection=connection, token_hash=token_hash(options["token"]), kind="LIVE"
        )
        party = Party.objects.create(
            connection=connection,
            country_code="IN",
            party_id="BEN",
            name="Bench",
            provider_id="bench.example",
        )
        told = load_json(options["objects"].read())
        tariffs.store_tariffs(party, [told["tariff"]], received_at=timezone.now())
        locations.store_locations(party, [told["location"]], received_at=timezone.now())
