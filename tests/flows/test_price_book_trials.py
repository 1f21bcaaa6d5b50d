"""A draft of the price book is tried on charges that were billed, each once and as it stands after credits."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.books import rules_of
from catalog.services import simulation
from sessions.models import Bill
from sessions.services import billing
from tests.factories.price_book import draft

pytestmark = pytest.mark.django_db
TEN_MORE = {"name": "ten more", "kind": "MARKUP", "markup_percent": "10"}


def test_a_price_book_is_tried_on_what_was_billed(driver, cpo):
    """10 % on 4.5 kWh at 18 and a start fee of 10: 100.10 in place of 91.00."""
    cpo.cdr(driver.charge())
    rules = rules_of(draft(TEN_MORE | {"sold_through": driver.bap.subscriber_id}).pk)
    now = timezone.now()

    charges = list(simulation.past_charges(now - timedelta(days=30), now + timedelta(days=1), 10))
    outcome = simulation.simulate(rules, charges)[0]

    assert (outcome.rule, outcome.charges, outcome.energy_kwh) == ("ten more", 1, Decimal("4.5"))
    assert (outcome.billed, outcome.paid, outcome.cost) == (
        Decimal("91.00"),
        Decimal("100.10"),
        Decimal("91.00"),
    )
    assert list(simulation.past_charges(now - timedelta(days=30), now - timedelta(days=1), 10)) == []


def charges_of_today():
    now = timezone.now()
    found = simulation.past_charges(now - timedelta(days=30), now + timedelta(days=1), 10)
    return [(charge.cost.total, charge.billed) for charge in found]


def credit(cpo, session, total, **over):
    """The credit CDR of CDR-1."""
    costs = {"excl_vat": total, "incl_vat": total}
    cpo.cdr(session, total_cost=costs, id="CDR-1-C", credit=True, credit_reference_id="CDR-1", **over)


def test_a_charge_that_was_credited_is_not_tried(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    credit(cpo, session, -91.0)

    assert charges_of_today() == []


def test_a_corrected_charge_is_tried_once(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    credit(cpo, session, -91.0)
    cpo.cdr(session, kwh=4.0, total=82.0, id="CDR-2")

    assert charges_of_today() == [(Decimal("82.00"), Decimal("82.00"))]


def test_a_charge_of_two_bills_is_tried_by_the_newer(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    cpo.cdr(session, kwh=4.0, total=82.0, id="CDR-2")
    billing.release_held(Bill.objects.exclude(held="").get())

    assert charges_of_today() == [(Decimal("82.00"), Decimal("82.00"))]


def test_a_credit_of_a_part_is_what_was_billed_less(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    credit(cpo, session, -45.5)

    assert charges_of_today() == [(Decimal("91.00"), Decimal("45.50"))]
