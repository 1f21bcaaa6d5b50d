"""After a restore the operator remembers charges whose orders are gone; they are no other order's business."""

import uuid

import pytest

from sessions.models import Bill, CdrAudit

pytestmark = pytest.mark.django_db


def test_a_charge_of_a_lost_order_is_not_billed_to_another_of_the_same_driver(driver, cpo):
    session = driver.charge()
    lost = str(uuid.uuid4())

    other = cpo.session("COMPLETED", 3, id="S-2", authorization_reference=lost)
    assert cpo.cdr(other, kwh=3, total=64.0, id="CDR-2").status_code == 201

    assert Bill.objects.count() == 0
    assert list(CdrAudit.objects.values_list("cdr__ocpi_id", "order")) == [("CDR-2", None)]
    assert cpo.cdr(session).status_code == 201
    assert list(Bill.objects.values_list("cdr__ocpi_id", "held")) == [("CDR-1", "")]


def test_a_cdr_with_a_session_id_of_its_own_kind_still_finds_its_order(driver, cpo):
    session = driver.charge()

    assert cpo.cdr(session | {"id": "internal-77"}, authorization_reference=None).status_code == 201

    assert list(Bill.objects.values_list("cdr__session_id", "held")) == [("internal-77", "")]
