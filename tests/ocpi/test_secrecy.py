"""No token in clear in anything that is logged or told (ocpi.md §7, row 102)."""

import logging

import pytest
import responses

from emsp.core.log import MaskedLines
from ocpi.models import Connection, IncomingToken
from ocpi.services import registration
from tests.factories.ocpi import location_body, session_body
from tests.ocpi.conftest import TOKEN, Caller, at
from tests.ocpi.test_credentials import TOKEN_B, serve, theirs


@pytest.fixture
def lines():
    """What the log has, as the log's handler writes it."""
    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            found.append(self.format(record))

    handler = Keep(logging.DEBUG)
    handler.setFormatter(MaskedLines("%(message)s"))
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)


def test_no_token_reaches_the_log(cpo, woken, lines, monkeypatch):
    token_a = registration.invite("Other")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
        Caller(token_a).post(at("credentials", owner=()), theirs())  # cannot be reached
        serve(network)
        token_c = Caller(token_a).post(at("credentials", owner=()), theirs()).data["token"]
        Caller(token_c).put(at("credentials", owner=()), theirs(token="wrong-token-b-01234"))
    cpo.put(at("locations", "LOC-1"), location_body())
    cpo.put(at("locations", "LOC-1"), location_body(last_updated="2025-01-01T00:00:00Z"))
    cpo.patch(at("sessions", "S-1"), {"kwh": 1, "last_updated": "2026-03-01T09:00:00Z"})
    cpo.put(at("sessions", "S-1"), session_body())
    Caller("stranger-token-0123456789").get("/ocpi/emsp/versions")
    monkeypatch.setattr("ocpi.selectors.session_object", lambda *args: 1 / 0)
    assert cpo.get(at("sessions", "S-1")).said == (500, 3000)

    written = "\n".join(lines)
    assert "came too late" in written
    for secret in (TOKEN, TOKEN_B, token_a, token_c, "wrong-token-b-01234", "stranger-token-0123456789"):
        assert secret not in written


def test_tokens_of_peers_are_kept_as_hashes_and_ours_as_ciphertext(cpo, django_db_blocker):
    from django.db import connection as database

    Connection.objects.filter(pk=cpo.party.connection.pk).update(outgoing_token="token-c-0123456789")
    with database.cursor() as cursor:
        cursor.execute("select outgoing_token from ocpi_connection")
        assert "token-c-0123456789" not in str(cursor.fetchall())
        cursor.execute("select * from ocpi_incomingtoken")
        assert TOKEN not in str(cursor.fetchall())
    assert IncomingToken.objects.count() == 1
