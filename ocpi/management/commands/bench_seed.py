"""manage.py bench_seed TOKEN: the operator of a measurement; only for the database that `bench` makes."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from emsp.core.crypto import token_hash
from ocpi.models import Connection, ConnectionStatus, IncomingToken, Party


class Command(BaseCommand):
    help = "Makes the operator that `manage.py bench` pulls from. Refuses any database but emsp_bench."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("token", help="with which the operator pushes")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DATABASES["default"]["NAME"] != "emsp_bench":
            raise CommandError("this is not the database of a measurement")
        connection = Connection.objects.create(
            name="Bench", status=ConnectionStatus.REGISTERED, outgoing_token="unused", page_limit=500
        )
        IncomingToken.objects.create(
            connection=connection, token_hash=token_hash(options["token"]), kind="LIVE"
        )
        Party.objects.create(
            connection=connection,
            country_code="IN",
            party_id="BEN",
            name="Bench",
            provider_id="bench.example",
        )
