"""A CDR that does not come is pulled for, then raised, then settled."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from sessions.audit import missing
from sessions.models import AuditPolicy, MissingCdr, Order
from sessions.services import watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def pulls(monkeypatch):
    asked = []
    monkeypatch.setattr(missing, "request_pull", lambda connection: asked.append(connection.name))
    return asked


def ended(driver, cpo, hours):
    session = driver.charge()
    cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"])
    Order.objects.update(ended_at=timezone.now() - timedelta(hours=hours))
    return session


def test_it_is_pulled_for_then_raised_then_settled(driver, cpo, pulls):
    session = ended(driver, cpo, hours=25)

    assert watch.watch_cdrs() == 1
    assert pulls == ["CPO"]
    assert cpo.party.connection.sync_states.get(module="cdrs").full_wanted
    assert watch.watch_cdrs() == 0
    row = MissingCdr.objects.get()
    assert (row.raised_at, row.settled_at) == (None, None)

    MissingCdr.objects.update(asked_at=timezone.now() - timedelta(hours=3))
    assert watch.watch_cdrs() == 1
    assert MissingCdr.objects.get().raised_at is not None

    cpo.cdr(session)
    assert MissingCdr.objects.get().settled_at is not None


def test_a_day_is_the_operators_time(driver, cpo, pulls):
    ended(driver, cpo, hours=23)

    assert (watch.watch_cdrs(), pulls) == (0, [])


def test_an_operator_may_have_a_time_of_its_own(driver, cpo, pulls):
    AuditPolicy.objects.create(party=cpo.party, missing_after_h=Decimal(2))
    ended(driver, cpo, hours=3)

    assert (watch.watch_cdrs(), pulls) == (1, ["CPO"])


def test_a_held_bill_is_not_missing(driver, cpo, pulls):
    session = ended(driver, cpo, hours=25)
    cpo.cdr(session, total_energy=90)

    assert (watch.watch_cdrs(), pulls) == (0, [])
