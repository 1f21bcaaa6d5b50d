"""CDRs as they come in: audited, decided by staff, told in statements."""

import io
import json
import zipfile
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from ocpi.models import Connector
from sessions.audit import decisions
from sessions.audit.evidence import bundle
from sessions.errors import DecisionRefused
from sessions.ledger import export, statements
from sessions.models import AuditPolicy, Bill, CdrAudit, Invoice, Order, Statement
from sessions.states import OrderState
from tests.flows.world import tariff

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return get_user_model().objects.create_superuser("auditor", "auditor@example.com", "secret")


def told(driver):
    order = driver.last("on_status")["message"]["order"]
    return order["status"], order["quote"]["price"]["value"]


def codes(audit):
    return [each["code"] for each in audit.findings]


def credit(cpo, session, total=-91, **over):
    body = {"id": "CDR-1-C", "credit": True, "credit_reference_id": "CDR-1"} | over
    return cpo.cdr(session, total_cost={"excl_vat": total, "incl_vat": total}, **body)


def test_a_right_cdr_is_accepted_with_its_computation(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)

    audit = CdrAudit.objects.get()

    assert (audit.verdict, audit.decision, audit.findings) == ("ACCEPT", "", [])
    assert (audit.our_total, audit.cpo_total, audit.with_vat) == (Decimal("91.00"), Decimal("91"), True)
    assert audit.order == Order.objects.get()
    assert audit.tariff["id"] == "T-1"
    assert [(line["part"], line["ours"], line["theirs"]) for line in audit.differences] == [
        ("total_energy_cost", "81.0000", None),
        ("total_fixed_cost", "10.0000", None),
        ("total_cost", "91.0000", "91.0000"),
    ]
    assert any("81" in sentence for sentence in audit.explanation)


def test_a_cdr_that_is_too_dear_is_contested_and_billed(driver, cpo):
    session = driver.charge()
    cpo.cdr(session, total=191.0)

    audit = CdrAudit.objects.get()

    assert (audit.verdict, codes(audit)) == ("CONTEST", ["PRICE"])
    assert audit.differences[-1]["difference"] == "100.0000"
    assert told(driver) == ("COMPLETE", "91.00")


def test_the_threshold_of_an_operator_lets_it_pass(driver, cpo):
    AuditPolicy.objects.create(party=cpo.party, amount_percent=Decimal("20"))
    session = driver.charge()
    cpo.cdr(session, total=100.0)

    assert CdrAudit.objects.get().verdict == "ACCEPT"
    assert Bill.objects.get().dispute == ""


def test_a_cdr_of_the_same_connector_and_time_is_contested(driver, cpo):
    first = driver.charge()
    cpo.cdr(first)
    driver.transaction_id = "second-conversation"
    driver.book()
    driver.confirm()
    second = cpo.session("ACTIVE", id="S-2")
    cpo.cdr(second, id="CDR-2")

    audit = CdrAudit.objects.get(cdr__ocpi_id="CDR-2")

    assert (audit.verdict, codes(audit)) == ("CONTEST", ["OVERLAP"])
    assert audit.findings[0]["sentence"].startswith("CDR CDR-1 is of the same connector and shares 0:")
    assert told(driver) == ("COMPLETE", "91.00")


def test_an_unknown_tariff_is_contested(driver, cpo):
    session = driver.charge()
    cpo.cdr(session, tariffs=[tariff(id="T-77")])

    assert codes(CdrAudit.objects.get()) == ["TARIFF_UNKNOWN"]


def test_a_cdr_of_nobody_is_audited_too(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    cpo.cdr(
        session | {"authorization_reference": "H-1", "cdr_token": session["cdr_token"] | {"uid": "other"}},
        id="CDR-9",
        session_id="S-9",
        total=500.0,
        start_date_time="2026-03-01T08:00:00Z",
        end_date_time="2026-03-01T08:30:00Z",
        charging_periods=[
            {
                "start_date_time": "2026-03-01T08:00:00Z",
                "dimensions": [{"type": "ENERGY", "volume": 4.5}, {"type": "TIME", "volume": 0.5}],
            }
        ],
    )

    audit = CdrAudit.objects.get(cdr__ocpi_id="CDR-9")

    assert (audit.order, audit.verdict, codes(audit)) == (None, "CONTEST", ["PRICE", "LATE"])
    assert audit.our_total == Decimal("91.00")


def test_the_power_of_a_connector_may_be_stated_in_kw(driver, cpo):
    """30 in place of 30000: a CDR of none of our orders takes 4.5 kWh in half an hour."""
    session = driver.charge()
    Connector.objects.update(max_electric_power_w=30)
    token = session["cdr_token"] | {"uid": "other"}

    cpo.cdr(session | {"authorization_reference": "H-1", "cdr_token": token, "id": "S-9"}, id="CDR-9")

    assert codes(CdrAudit.objects.get()) == []


class TestDecisions:
    def held(self, driver, cpo):
        session = driver.charge()
        cpo.cdr(session, total_energy=90)
        return CdrAudit.objects.get()

    def test_a_release_tells_the_bill_and_keeps_who_and_why(self, driver, cpo, staff):
        audit = self.held(driver, cpo)

        decisions.release(audit, by=staff, reason=" seen on the meter ")

        kept = audit.decisions.get()
        assert (kept.decision, kept.reason, kept.by_name) == ("RELEASED", "seen on the meter", "auditor")
        assert CdrAudit.objects.get().decision == "RELEASED"
        assert Order.objects.get().state == OrderState.BILLED
        assert Invoice.objects.count() == 1

    def test_without_a_reason_nothing_is_decided(self, driver, cpo, staff):
        audit = self.held(driver, cpo)

        with pytest.raises(DecisionRefused, match="a decision needs a reason"):
            decisions.release(audit, by=staff, reason="  ")

        assert Bill.objects.get().held != ""
        assert not audit.decisions.exists()

    def test_accepting_releases_what_was_held(self, driver, cpo, staff):
        audit = self.held(driver, cpo)

        decisions.accept(audit, by=staff, reason="a lorry")

        assert (Bill.objects.get().held, CdrAudit.objects.get().decision) == ("", "ACCEPTED")

    def test_contesting_leaves_the_bill_held(self, driver, cpo, staff):
        audit = self.held(driver, cpo)

        decisions.contest(audit, by=staff, reason="not possible")

        assert Bill.objects.get().held != ""
        assert Order.objects.get().state == OrderState.CHARGING

    def test_there_must_be_something_to_release(self, driver, cpo, staff):
        cpo.cdr(driver.charge())

        with pytest.raises(DecisionRefused, match="no held bill"):
            decisions.release(CdrAudit.objects.get(), by=staff, reason="why not")

    def test_staff_decide_in_the_list(self, driver, cpo, staff, client):
        audit = self.held(driver, cpo)
        client.force_login(staff)

        answer = client.post(
            "/admin/charging_sessions/cdraudit/",
            {"action": "contest_cdrs", "_selected_action": [audit.pk], "reason": "too much"},
        )

        assert answer.status_code == 302
        kept = audit.decisions.get()
        assert (kept.decision, kept.reason, kept.by) == ("CONTESTED", "too much", staff)

    def test_the_pages_show_the_difference(self, driver, cpo, staff, client):
        cpo.cdr(driver.charge(), total=191.0)
        client.force_login(staff)
        audit = CdrAudit.objects.get()

        page = client.get(f"/admin/charging_sessions/cdraudit/{audit.pk}/change/").content.decode()
        listed = client.get("/admin/charging_sessions/cdraudit/").content.decode()

        assert "the CPO wants 100 INR more than the tariff gives" in page
        assert "the CPO charges 191.0000 INR, the quoted tariff gives 91.00" in listed
        assert 'name="reason"' in listed


class TestStatements:
    """What a CPO is owed says how much of it is disputed, and leaves nothing out."""

    def shown(self, cpo, kind="CPO"):
        today = timezone.now().date()
        whose = {"party": cpo.party} if kind == "CPO" else {"bap_id": "bap.tests.example"}
        statement = statements.build(
            Statement(kind=kind, currency="INR", period_from=today, period_to=today, **whose)
        )
        told = json.loads(export.as_json(statement))
        texts = [(row["text"].partition(", ")[2] or row["text"], row["amount"]) for row in told["rows"]]
        assert statement.row_count == len(told["rows"])
        return told["total"], told["disputed"], texts

    @pytest.mark.parametrize("decided", [None, decisions.contest])
    def test_a_contested_amount_is_marked(self, driver, cpo, staff, decided):
        cpo.cdr(driver.charge(), total=191.0)
        if decided:
            decided(CdrAudit.objects.get(), by=staff, reason="100 too much")

        assert self.shown(cpo) == ("191.00", "191.00", [("disputed", "191.00")])
        assert self.shown(cpo, "BAP") == ("91.00", "0.00", [(f"order {Order.objects.get()}", "91.00")])

    def test_an_accepted_amount_is_owed(self, driver, cpo, staff):
        cpo.cdr(driver.charge(), total=191.0)
        decisions.accept(CdrAudit.objects.get(), by=staff, reason="agreed by phone")

        assert self.shown(cpo) == ("191.00", "0.00", [(f"order {Order.objects.get()}", "191.00")])

    def test_a_released_bill_leaves_the_amount_disputed(self, driver, cpo, staff):
        cpo.cdr(driver.charge(), total_energy=90)
        decisions.release(CdrAudit.objects.get(), by=staff, reason="the driver agrees")

        assert self.shown(cpo) == ("91.00", "91.00", [("disputed", "91.00")])

    def test_a_credited_amount_is_disputed_no_more(self, driver, cpo):
        session = driver.charge()
        cpo.cdr(session, total=191.0)
        credit(cpo, session, total=-191.0)

        total, disputed, texts = self.shown(cpo)

        assert (total, disputed) == ("0.00", "0.00")
        assert [amount for _, amount in texts] == ["191.00", "-191.00"]


def test_the_evidence_holds_all_that_the_audit_rests_on(driver, cpo, staff):
    session = driver.charge()
    cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"])
    cpo.cdr(session, total=191.0)
    audit = CdrAudit.objects.get()
    decisions.contest(audit, by=staff, reason="100 too much")

    archive = zipfile.ZipFile(io.BytesIO(bundle([audit])))

    folder = f"{audit.pk}-CDR-1"
    assert archive.namelist() == [
        f"{folder}/{name}" for name in ("evidence.json", "cdr.json", "tariff.json", "report.pdf")
    ]
    told = json.loads(archive.read(f"{folder}/evidence.json"))
    assert told["cdr"]["total_cost"] == {"excl_vat": 191.0, "incl_vat": 191.0}
    assert told["charging_periods"] == told["cdr"]["charging_periods"]
    assert (told["verdict"], told["tariff"]["id"], told["tariff_version"]) == ("CONTEST", "T-1", 1)
    assert (told["session"]["status"], Decimal(str(told["session"]["energy_kwh"]))) == (
        "COMPLETED", Decimal("4.5"),
    )
    assert told["differences"][-1]["difference"] == "100.0000"
    assert [(each["decision"], each["reason"]) for each in told["decisions"]] == [
        ("CONTESTED", "100 too much")
    ]
    assert archive.read(f"{folder}/report.pdf").startswith(b"%PDF-")
