"""Fields keep what they are given: digits in JSON, secrets as ciphertext, points as latitude and longitude."""

from decimal import Decimal

import pytest
from django.db import connection

from ocpi.models import Connection

pytestmark = pytest.mark.django_db


def test_a_token_is_ciphertext_in_the_database():
    Connection.objects.create(name="CPO", outgoing_token="very-secret-token")

    with connection.cursor() as cursor:
        cursor.execute("select outgoing_token from ocpi_connection")
        (stored,) = cursor.fetchone()

    assert "very-secret-token" not in stored
    assert Connection.objects.get().outgoing_token == "very-secret-token"


def test_numbers_in_json_keep_every_digit():
    from django.utils import timezone

    from ocpi.models import ParkedObject

    peer = Connection.objects.create(name="CPO")
    ParkedObject.objects.create(
        connection=peer, module="tariffs", reason="test", raw={"price": Decimal("17.33330")},
        last_seen_at=timezone.now(),
    )

    assert ParkedObject.objects.get().raw["price"] == Decimal("17.33330")
    assert str(ParkedObject.objects.get().raw["price"]) == "17.33330"
