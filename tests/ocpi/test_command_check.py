"""The EVSE is looked at before it is promised or reserved (design.md §2, §5; RFC 9.2)."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
from django.utils import timezone
from urllib3.exceptions import NewConnectionError

from ocpi.models import Command, Evse, Location
from ocpi.services import commands
from tests.ocpi.cpo import BASE, envelope, make_party

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 9, 15, tzinfo=UTC)
URL = f"{BASE}/locations/LOC1/E%2A1"
REFUSED = requests.ConnectionError(NewConnectionError(None, "refused"))


@pytest.fixture
def party():
    return make_party()


@pytest.fixture
def reserve(network):
    return network.post(f"{BASE}/commands/RESERVE_NOW", json=envelope({"result": "ACCEPTED", "timeout": 30}))


@pytest.fixture
def mirrored(party):
    location = Location.objects.create(
        party=party, ocpi_id="LOC1", key="loc1", latitude=12, longitude=77, last_updated=AT, seen_at=AT
    )
    return Evse.objects.create(location=location, uid="E*1", key="e*1", status="AVAILABLE", last_updated=AT)


def make_command(party, kind="CHECK_EVSE", **more):
    values = {
        "location_id": "LOC1", "evse_uid": "E*1", "check_evse_first": True, "due_at": timezone.now(),
        "order_reference": "ORDER",
    }
    if kind == "RESERVE_NOW":
        values["reservation_expires_at"] = timezone.now() + timedelta(minutes=15)
    return Command.objects.create(party=party, kind=kind, **values | more)


def evse(status, **more):
    connector = {
        "id": "1", "standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE",
        "max_voltage": 230, "max_amperage": 32, "last_updated": "2026-03-01T10:00:00Z",
    }
    return {
        "uid": "E*1", "status": status, "connectors": [connector], "last_updated": "2026-03-01T10:00:00Z",
    } | more


def dispatch():
    commands.dispatch_due(parallel=False)


VERDICTS = [
    ("AVAILABLE", ""), ("UNKNOWN", ""), ("CCS_IS_WARM", ""), ("CHARGING", "EVSE_OCCUPIED"),
    ("charging", "EVSE_OCCUPIED"), ("RESERVED", "EVSE_OCCUPIED"), ("BLOCKED", "EVSE_OCCUPIED"),
    ("INOPERATIVE", "EVSE_INOPERATIVE"), ("OUTOFORDER", "EVSE_INOPERATIVE"), ("PLANNED", "EVSE_INOPERATIVE"),
    ("REMOVED", "EVSE_INOPERATIVE"),
]


@pytest.mark.parametrize(("status", "result"), VERDICTS)
def test_a_check_ends_by_what_the_cpo_says_of_the_evse(party, network, told, status, result):
    network.get(URL, json=envelope(evse(status)))
    make_command(party)

    dispatch()

    assert told == [("CHECK_EVSE", "FAILED" if result else "SUCCEEDED", result)]
    assert [call.request.method for call in network.calls] == ["GET"]


@pytest.mark.parametrize(("status", "result"), VERDICTS)
def test_a_reservation_is_sent_only_where_the_evse_can_serve(party, network, reserve, told, status, result):
    network.get(URL, json=envelope(evse(status)))
    make_command(party, "RESERVE_NOW")

    dispatch()

    assert reserve.call_count == (0 if result else 1)
    assert told == ([("RESERVE_NOW", "FAILED", result)] if result else [])


@pytest.mark.parametrize(
    ("holder", "result"),
    [
        ({}, ""),
        ({"state": "TIMED_OUT"}, ""),
        ({"state": "FAILED"}, "EVSE_OCCUPIED"),
        ({"state": "TAKEN_BACK"}, "EVSE_OCCUPIED"),
        ({"order_reference": "OTHER"}, "EVSE_OCCUPIED"),
        ({"evse_uid": "E*2"}, "EVSE_OCCUPIED"),
        ({"reservation_expires_at": AT}, "EVSE_OCCUPIED"),
    ],
)
def test_reserved_is_no_obstacle_for_the_order_that_holds_the_reservation(party, network, told, holder, result):
    network.get(URL, json=envelope(evse("RESERVED")))
    make_command(party, "RESERVE_NOW", **{"state": "SUCCEEDED"} | holder)
    make_command(party, "CHECK_EVSE")

    dispatch()

    assert told == [("CHECK_EVSE", "FAILED" if result else "SUCCEEDED", result)]


def test_what_the_cpo_says_is_in_the_mirror_afterwards(party, network, mirrored):
    network.get(URL, json=envelope(evse("OUTOFORDER", capabilities=["RESERVABLE"])))
    make_command(party)

    dispatch()

    mirrored.refresh_from_db()
    assert (mirrored.status, mirrored.capabilities) == ("OUTOFORDER", ["RESERVABLE"])
    assert mirrored.last_updated == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_an_evse_that_cannot_be_mirrored_still_has_a_status(party, network, told, mirrored):
    network.get(URL, json=envelope({"uid": "e*1", "status": "CHARGING"}))
    make_command(party)

    dispatch()

    mirrored.refresh_from_db()
    assert mirrored.status == "AVAILABLE"
    assert told == [("CHECK_EVSE", "FAILED", "EVSE_OCCUPIED")]


@pytest.mark.parametrize(
    "answer",
    [
        {"json": envelope(code=2003), "status": 404},
        {"body": "", "status": 405},
        {"json": envelope(code=3000), "status": 500},
        {"body": "<html>"},
        {"json": envelope([])},
        {"json": envelope(evse("OUTOFORDER", uid="E*2"))},
    ],
)
@pytest.mark.parametrize(("known", "result"), [("AVAILABLE", ""), ("CHARGING", "EVSE_OCCUPIED")])
def test_without_an_evse_from_the_cpo_a_check_goes_by_the_mirror(
    party, network, reserve, told, mirrored, answer, known, result
):
    network.get(URL, **answer)
    Evse.objects.update(status=known)
    make_command(party)
    make_command(party, "RESERVE_NOW", order_reference="OTHER")

    dispatch()

    assert told == [("CHECK_EVSE", "FAILED" if result else "SUCCEEDED", result)]
    assert reserve.call_count == 1


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"body": REFUSED}, "CPO_UNREACHABLE"),
        ({"body": requests.ReadTimeout()}, "CPO_UNREACHABLE"),
        ({"json": envelope(code=2000), "status": 401}, "HTTP_401"),
    ],
)
def test_a_cpo_that_does_not_answer_stops_a_check_but_not_a_reservation(
    party, network, reserve, told, mirrored, answer, result
):
    network.get(URL, **answer)
    make_command(party)
    make_command(party, "RESERVE_NOW", order_reference="OTHER")

    dispatch()

    assert told == [("CHECK_EVSE", "FAILED", result)]
    assert reserve.call_count == 1
