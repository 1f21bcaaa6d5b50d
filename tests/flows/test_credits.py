"""Credits of CDRs: whatever comes first, what is paid twice is given back."""

from decimal import Decimal

import pytest

from sessions.errors import BillCredited
from sessions.models import Bill, CdrAudit, Invoice
from sessions.services import billing
from tests.flows.test_audit import codes, credit, told

pytestmark = pytest.mark.django_db


def test_a_credit_before_its_original_nets_to_zero(driver, cpo):
    session = driver.charge()

    assert credit(cpo, session).status_code == 201
    assert Bill.objects.count() == 0
    assert codes(CdrAudit.objects.get()) == ["CREDIT_WAITS"]

    cpo.cdr(session)

    assert told(driver) == ("COMPLETE", "0.00")
    assert codes(CdrAudit.objects.get(cdr__ocpi_id="CDR-1-C")) == []
    cpo.cdr(session, id="CDR-2", kwh=4, total=82.0)
    assert told(driver) == ("COMPLETE", "82.00")


def test_a_credit_of_a_held_bill_is_never_told(driver, cpo):
    session = driver.charge()
    cpo.cdr(session, total_energy=90)
    count = driver.count("on_status")

    credit(cpo, session)

    held = Bill.objects.get()
    assert held.held == "credited by CDR CDR-1-C"
    assert driver.count("on_status") == count
    with pytest.raises(BillCredited):
        billing.release_held(held)
    cpo.cdr(session, id="CDR-2")
    assert told(driver) == ("COMPLETE", "91.00")
    assert Invoice.objects.filter(kind="CREDIT_NOTE").count() == 0


def test_a_part_is_taken_off_in_proportion(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)

    credit(cpo, session, total=-9.1)

    assert told(driver) == ("COMPLETE", "81.90")
    note = Invoice.objects.get(kind="CREDIT_NOTE")
    assert (note.total, note.corrects.total) == (Decimal("-9.10"), Decimal("91.00"))
    assert codes(CdrAudit.objects.get(cdr__ocpi_id="CDR-1-C")) == ["CREDIT_PART"]
    cpo.cdr(session, id="CDR-2", kwh=4, total=82.0)
    assert Bill.objects.first().held.startswith("the order is billed already")


def test_more_than_was_charged_is_contested_and_takes_all(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)

    credit(cpo, session, total=-150)

    assert told(driver) == ("COMPLETE", "0.00")
    assert CdrAudit.objects.get(cdr__ocpi_id="CDR-1-C").verdict == "CONTEST"


def test_a_second_credit_takes_nothing_more(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    credit(cpo, session)
    count = driver.count("on_status")

    credit(cpo, session, id="CDR-1-C2")

    assert codes(CdrAudit.objects.get(cdr__ocpi_id="CDR-1-C2")) == ["CREDITED_TWICE"]
    assert driver.count("on_status") == count


def test_a_correction_before_its_credit_waits_for_it(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    cpo.cdr(session, id="CDR-2", kwh=4, total=82.0)
    assert told(driver) == ("COMPLETE", "91.00")
    assert codes(CdrAudit.objects.get(cdr__ocpi_id="CDR-2")) == ["DUPLICATE", "OVERLAP"]

    credit(cpo, session)

    assert told(driver) == ("COMPLETE", "82.00")
    assert CdrAudit.objects.get(cdr__ocpi_id="CDR-2").verdict == "ACCEPT"
    assert list(Invoice.objects.order_by("pk").values_list("kind", "total")) == [
        ("INVOICE", Decimal("91.00")),
        ("CREDIT_NOTE", Decimal("-91.00")),
        ("INVOICE", Decimal("82.00")),
    ]
