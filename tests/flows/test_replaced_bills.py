"""Two CDRs for one charge, neither credited: staff release the second, and one invoice stands."""

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db.models import Sum

from sessions.audit import decisions
from sessions.models import Account, Bill, CdrAudit, Invoice, InvoiceKind, Posting
from sessions.selectors import current_bill
from tests.flows.world import lines_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def replaced(driver, cpo):
    """Billed 91.00 by CDR-1, then 82.00 by CDR-2 which staff release; gives the session."""
    session = driver.charge()
    cpo.cdr(session)
    cpo.cdr(session, id="CDR-2", kwh=4.0, total=82.0)
    before = driver.count("on_status")
    by = get_user_model().objects.create_superuser("auditor")
    with cpo.run_on_commit(execute=True):
        decisions.release(CdrAudit.objects.get(cdr__ocpi_id="CDR-2"), by=by, reason="the meter says 4 kWh")
    assert driver.count("on_status") == before + 1
    return session


def owed(account):
    return Posting.objects.filter(account=account).aggregate(sum=Sum("amount"))["sum"]


def test_the_earlier_invoice_gets_a_credit_note(driver, replaced):
    first, note, second = Invoice.objects.order_by("pk")

    assert [(each.kind, each.total) for each in (first, note, second)] == [
        (InvoiceKind.INVOICE, Decimal("91.00")),
        (InvoiceKind.CREDIT_NOTE, Decimal("-91.00")),
        (InvoiceKind.INVOICE, Decimal("82.00")),
    ]
    assert (note.corrects, [line["amount"] for line in note.lines]) == (first, ["-81.00", "-10.00"])
    told = driver.last("on_status")
    assert lines_of(told) == [("energy-cost", "72.00"), ("service-charge", "10.00")]
    assert told["message"]["order"]["tags"][0]["list"][0]["value"] == second.number


def test_the_released_bill_counts_and_is_booked_once(replaced):
    bill = Bill.objects.first()

    assert (bill.cdr.ocpi_id, bill.held, bill.quote.total) == ("CDR-2", "", Decimal("82.00"))
    assert current_bill(bill.order) == bill
    assert (owed(Account.RECEIVABLE_BAP), owed(Account.PAYABLE_CPO)) == (Decimal("82.00"), Decimal("-82.00"))


def test_a_credit_of_the_replaced_cdr_takes_nothing_more(cpo, replaced):
    cost = {"excl_vat": -91.0, "incl_vat": -91.0}
    cpo.cdr(replaced, id="CDR-1-C", credit=True, credit_reference_id="CDR-1", total_cost=cost)

    audit = CdrAudit.objects.get(cdr__ocpi_id="CDR-1-C")
    assert (audit.verdict, [found["code"] for found in audit.findings]) == ("ACCEPT", ["CREDIT_OF_REPLACED"])
    assert (Invoice.objects.count(), owed(Account.RECEIVABLE_BAP)) == (3, Decimal("82.00"))


def test_a_credit_of_the_released_cdr_takes_it_back(cpo, replaced):
    cost = {"excl_vat": -82.0, "incl_vat": -82.0}
    cpo.cdr(replaced, id="CDR-2-C", credit=True, credit_reference_id="CDR-2", total_cost=cost)

    assert Bill.objects.first().quote.total == 0
    assert Invoice.objects.first().total == Decimal("-82.00")
    assert (owed(Account.RECEIVABLE_BAP), owed(Account.PAYABLE_CPO)) == (0, 0)
