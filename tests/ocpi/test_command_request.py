"""Asking for a command writes a row with its whole body (ocpi.md 3.6, checklist 78)."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from emsp.core.wire import convert
from ocpi.models import Command, Connector, Evse, Location, Token
from ocpi.services import commands
from ocpi.services.commands import request_command
from ocpi.wire.v2_2_1 import commands as wire
from tests.ocpi.cpo import make_party
from tests.races import at_once

AT = datetime(2026, 3, 1, 9, 15, tzinfo=UTC)
ORDER = "8a0f1f8e-32f0-4bb5-8a5b-3f1f2f1b7b10"


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    """Wake-ups are counted, not carried out."""
    calls = []
    monkeypatch.setattr(commands, "wake", lambda task: calls.append(task.name))
    return calls


@pytest.fixture
def party(db):
    return make_party()


@pytest.fixture
def token(db):
    return Token.objects.create(
        uid="ABCDEFGHJKLMNPQRSTUV", contract_id="IN-EMS-C1", issuer="eMSP", last_updated=AT
    )


@pytest.fixture
def evse(party):
    location = Location.objects.create(
        party=party, ocpi_id="LOC1", key="loc1", latitude=12, longitude=77, last_updated=AT, seen_at=AT
    )
    return Evse.objects.create(location=location, uid="E*1", key="e*1", last_updated=AT)


def add_connector(evse, name, **more):
    return Connector.objects.create(evse=evse, ocpi_id=name, key=name, standard="CHADEMO", last_updated=AT, **more)


def start(party, token, **more):
    wish = {"location_id": "LOC1", "evse_uid": "E*1", "connector_id": "1", "order_reference": ORDER} | more
    return request_command(party=party, kind="START_SESSION", token=token, **wish)


TOKEN_OBJECT = {
    "country_code": "IN", "party_id": "EMS", "uid": "ABCDEFGHJKLMNPQRSTUV", "type": "APP_USER",
    "contract_id": "IN-EMS-C1", "issuer": "eMSP", "valid": True, "whitelist": "NEVER", "language": "en",
    "last_updated": "2026-03-01T09:15:00Z",
}


def test_start_session_carries_token_place_and_reference(party, token, evse, woken):
    add_connector(evse, "1")

    command = start(party, token)

    stored = Command.objects.get()
    assert stored == command
    assert stored.body == {
        "token": TOKEN_OBJECT, "location_id": "LOC1", "evse_uid": "E*1", "authorization_reference": ORDER,
    }
    assert (stored.state, stored.kind, stored.order_reference) == ("CREATED", "START_SESSION", ORDER)
    assert (stored.location_id, stored.evse_uid, stored.check_evse_first) == ("LOC1", "E*1", False)
    assert stored.reservation_expires_at is None
    assert len(stored.uid) == 40
    assert woken == ["ocpi.tasks.dispatch_commands"]
    convert(stored.body | {"response_url": "https://x"}, wire.StartSession)


@pytest.mark.parametrize(
    ("capabilities", "others", "sent"),
    [
        ([], [], False),
        ([], [{"removed": True}], False),
        ([], [{}], True),
        (["START_SESSION_CONNECTOR_REQUIRED"], [], True),
    ],
)
def test_start_session_names_the_connector_only_where_it_must(party, token, evse, capabilities, others, sent):
    evse.capabilities = capabilities
    evse.save()
    add_connector(evse, "1")
    for number, other in enumerate(others, 2):
        add_connector(evse, str(number), **other)

    assert start(party, token, location_id="loc1").body.get("connector_id") == ("1" if sent else None)


def test_start_session_names_the_connector_of_an_evse_that_we_do_not_know(party, token):
    assert start(party, token).body["connector_id"] == "1"


def test_reserve_now_carries_its_end_and_a_connector_never(party, token, evse):
    command = request_command(
        party=party, kind="RESERVE_NOW", token=token, order_reference=ORDER, location_id="LOC1",
        evse_uid="E*1", connector_id="1", reservation_id="R-1", expires_at=AT, check_evse_first=True,
    )

    assert command.body == {
        "token": TOKEN_OBJECT, "expiry_date": "2026-03-01T09:15:00Z", "reservation_id": "R-1",
        "location_id": "LOC1", "evse_uid": "E*1", "authorization_reference": ORDER,
    }
    assert (command.reservation_expires_at, command.check_evse_first) == (AT, True)
    convert(command.body | {"response_url": "https://x"}, wire.ReserveNow)


@pytest.mark.parametrize(
    ("kind", "named", "body"),
    [
        ("STOP_SESSION", {"session_id": "S-1", "location_id": "LOC1"}, {"session_id": "S-1"}),
        ("CANCEL_RESERVATION", {"reservation_id": "R-1"}, {"reservation_id": "R-1"}),
        (
            "UNLOCK_CONNECTOR",
            {"location_id": "LOC1", "evse_uid": "E*1", "connector_id": "1"},
            {"location_id": "LOC1", "evse_uid": "E*1", "connector_id": "1"},
        ),
        ("CHECK_EVSE", {"location_id": "LOC1", "evse_uid": "E*1"}, {}),
    ],
)
def test_the_other_commands_carry_their_ids_only(party, kind, named, body):
    command = request_command(party=party, kind=kind, order_reference=ORDER, **named)

    assert command.body == body
    assert command.check_evse_first is (kind == "CHECK_EVSE")


@pytest.mark.parametrize(
    ("kind", "named", "missing"),
    [
        ("START_SESSION", {}, "order_reference"),
        ("START_SESSION", {"order_reference": ORDER, "location_id": "LOC1"}, "token, evse_uid"),
        ("RESERVE_NOW", {"location_id": "L", "evse_uid": "E"}, "token, expiry_date, reservation_id"),
        ("STOP_SESSION", {}, "session_id"),
        ("CANCEL_RESERVATION", {"session_id": "S"}, "reservation_id"),
        ("UNLOCK_CONNECTOR", {"location_id": "L", "evse_uid": "E"}, "connector_id"),
        ("CHECK_EVSE", {"location_id": "L"}, "evse_uid"),
    ],
)
def test_a_command_without_what_it_needs_is_not_written(party, kind, named, missing, woken):
    with pytest.raises(ValueError, match=missing):
        request_command(party=party, kind=kind, **named)

    assert Command.objects.count() == 0
    assert woken == []


def test_start_session_is_written_once_per_order(party, token):
    first = start(party, token)

    assert start(party, token, evse_uid="E*2") == first
    assert start(party, token, order_reference="another") != first
    assert Command.objects.count() == 2


def test_a_start_that_failed_is_not_written_again(party, token):
    first = start(party, token)
    Command.objects.update(state="FAILED")

    assert start(party, token).pk == first.pk
    assert Command.objects.get().state == "FAILED"


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_starts_of_one_order_are_one_row():
    party = make_party()
    token = Token.objects.create(uid="T", contract_id="C", issuer="eMSP", last_updated=AT)

    def ask():
        with transaction.atomic():
            return start(party, token).pk

    found = at_once(*[ask] * 20)

    assert found == [Command.objects.get().pk] * 20
