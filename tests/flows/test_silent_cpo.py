"""What a driver's app hears while the operator is left alone because it does not answer; what it ordered stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from emsp.core import circuits
from emsp.core.models import Circuit
from sessions.models import Order

REFUSED = {"code": "40000", "message": "CPO_UNAVAILABLE: the charging operator cannot be reached now"}


@pytest.fixture
def silence(cpo, settings):
    settings.CIRCUIT_OPENS_AFTER = 5

    def begin():
        now = timezone.now()
        circuits.forget()
        return Circuit.objects.create(
            kind="CPO", partner=str(cpo.party.connection_id), name="CPO", failures=5, pause_s=30,
            opened_at=now, probe_at=now + timedelta(seconds=30),
        )

    return begin


def status_told(driver):
    item = driver.search()["message"]["catalog"]["providers"][0]["items"][0]
    values = {tag["descriptor"]["code"]: tag["value"] for tag in item["tags"][0]["list"]}
    return values["status"]


def available(driver):
    tag = {"descriptor": {"code": "status"}, "value": "Available"}
    driver.ask("search", {"intent": {"tags": [{"list": [tag]}]}})
    return len(driver.last("on_search")["message"]["catalog"]["providers"])


def test_its_chargers_are_shown_and_none_is_told_to_be_free(driver, silence):
    assert (status_told(driver), available(driver)) == ("Available", 1)
    circuit = silence()
    assert (status_told(driver), available(driver)) == ("Unknown", 0)
    circuit.delete()
    assert status_told(driver) == "Available"


def test_what_it_said_is_not_free_is_still_told_so(driver, cpo, silence):
    change = {"status": "OUTOFORDER", "last_updated": "2026-03-02T08:00:00Z"}
    cpo.call("PATCH", "locations/IN/CPO/LOC-1/E-1", change)
    silence()
    assert status_told(driver) == "Out of Order"


def test_select_is_refused_at_once(driver, cpo, silence):
    driver.search()
    silence()
    assert driver.select()["error"] == REFUSED
    assert Order.objects.count() == 0


def test_init_is_refused_at_once_and_works_when_the_operator_is_back(driver, cpo, silence):
    driver.search()
    driver.select()
    circuit = silence()

    assert driver.init()["error"] == REFUSED
    assert (Order.objects.get().state, cpo.commands) == ("QUOTED", [])

    circuit.delete()
    driver.init()
    assert Order.objects.get().state == "RESERVED"


def test_confirm_is_refused_at_once_and_the_reservation_stays(driver, cpo, silence):
    driver.book()
    circuit = silence()

    driver.ask("confirm", driver.confirm_message())
    assert driver.last("on_confirm")["error"] == REFUSED
    assert (Order.objects.get().state, cpo.bodies("START_SESSION")) == ("RESERVED", [])

    circuit.delete()
    driver.confirm()
    assert Order.objects.get().state == "STARTING"


def test_the_start_by_update_is_refused_at_once_and_the_order_stays(driver, cpo, silence, settings):
    settings.BECKN_START_ON = "update"
    driver.book()
    driver.confirm(word=None)
    silence()

    driver.update("start-charging")
    assert driver.last("on_update")["error"] == REFUSED
    assert (Order.objects.get().state, cpo.bodies("START_SESSION")) == ("CONFIRMED", [])


def test_a_stop_is_sent_all_the_same(driver, cpo, silence):
    driver.charge()
    silence()

    driver.update("stop-charging")

    assert len(cpo.bodies("STOP_SESSION")) == 1
    assert Circuit.objects.get().opened_at is None
