"""A partner's page says how its circuit stands; staff who may change the partner close it, after they were asked."""

from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from emsp.core.models import Circuit
from tests.backoffice.conftest import browser_of, person
from tests.factories.beckn import SubscriberFactory
from tests.factories.ocpi import CpoFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOLD = (
    "Left alone since 2026-03-01 12:00:00 UTC; next probe 2026-03-01 12:00:08 UTC. "
    "Last failure 2026-03-01 12:00:04 UTC: no answer in time."
)


def opened(row):
    return Circuit.objects.create(
        kind=row.partner.kind, partner=row.partner.key, name=row.partner.name, failures=6, opened_at=AT,
        probe_at=AT.replace(second=8), pause_s=4, last_failure_at=AT.replace(second=4), last_failure="no answer in time",
    )


def address(row, page):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


@pytest.fixture(params=["operator", "app"])
def row(request):
    return CpoFactory().connection if request.param == "operator" else SubscriberFactory()


def test_a_circuit_is_seen_closed_and_written_into_the_trail(row):
    circuit, browser = opened(row), browser_of(person("ina", "integrator"))
    assert TOLD in browser.get(address(row, "change")).content.decode()
    asked = browser.get(address(row, "close_circuit")).content.decode()
    assert TOLD in asked and "Close it" in asked
    circuit.refresh_from_db()
    assert circuit.opened_at == AT

    answer = browser.post(address(row, "close_circuit"))

    assert (answer.status_code, answer["Location"]) == (302, address(row, "change"))
    circuit.refresh_from_db()
    assert (circuit.opened_at, circuit.failures) == (None, 0)
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Closed the circuit."]
    shown = browser.get(address(row, "change")).content.decode()
    assert "Called as usual. Last failure 2026-03-01 12:00:04 UTC: no answer in time." in shown


def test_commands_that_fail_alone_are_told_so():
    connection = CpoFactory().connection
    opened(connection)
    Circuit.objects.update(at_commands=True)

    shown = browser_of(person("ute", "auditor")).get(address(connection, "change")).content.decode()

    assert (
        "Answers, but not to commands: these are left alone since 2026-03-01 12:00:00 UTC; the next may go out "
        "2026-03-01 12:00:08 UTC and finds out. Last failure 2026-03-01 12:00:04 UTC: no answer in time."
    ) in shown


def test_who_may_only_look_closes_nothing(row):
    circuit, browser = opened(row), browser_of(person("ute", "auditor"))
    assert TOLD in browser.get(address(row, "change")).content.decode()

    assert browser.post(address(row, "close_circuit")).status_code == 403

    circuit.refresh_from_db()
    assert circuit.opened_at == AT


def test_a_partner_that_never_failed_is_called_as_usual(row):
    shown = browser_of(person("ute", "auditor")).get(address(row, "change")).content.decode()
    assert "Called as usual; nothing failed yet." in shown


def test_the_operators_page_tells_it_too():
    connection = CpoFactory().connection
    opened(connection)
    browser = browser_of(person("olga", "operator"))
    assert TOLD in browser.get(reverse("operators:operator", args=[connection.pk])).content.decode()
