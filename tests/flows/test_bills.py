"""The driver's bill: never above what was quoted, what is paid back or still due, and the receipt."""

from decimal import Decimal

import pytest

from sessions.models import Bill, Invoice, Order
from sessions.services.caps import cap_line
from tests.factories.price_book import published
from tests.flows.world import tariff

pytestmark = pytest.mark.django_db


def lines_of(order):
    return [(line["title"], line["price"]["value"]) for line in order["quote"]["breakup"]]


def paid(amount="100.00", **over):
    return [
        {
            "id": "payment-01",
            "collected_by": "BAP",
            "params": {"amount": amount, "currency": "INR", "transaction_id": "utr-1"},
            "type": "PRE-FULFILLMENT",
            "status": "PAID",
        }
        | over
    ]


def told(driver):
    return driver.last("on_status")["message"]["order"]


def charge(driver, cpo, payments=None):
    driver.book()
    driver.confirm(payments=payments or paid())
    return cpo.session("ACTIVE")


@pytest.fixture
def capped(settings):
    """The quote is a cap here also where the operator's tariff is passed through."""
    settings.QUOTE_CAPS_BILL = True


def with_time(cpo, price="60"):
    """The station's tariff gets a price per hour on top: 10 minutes at 30 kW are 5 kWh."""
    made = tariff(last_updated="2026-03-02T08:00:00Z")
    made["elements"][0]["price_components"].append({"type": "TIME", "price": float(price), "step_size": 1})
    assert cpo.call("PUT", "tariffs/IN/CPO/T-1", made).status_code == 200


@pytest.mark.usefixtures("capped")
class TestCap:
    def test_a_slow_charge_costs_no_more_than_was_quoted(self, driver, cpo):
        """Quoted: 90 + 10 + 10 minutes. It took half an hour: 90 + 10 + 30, less 20."""
        with_time(cpo)
        session = driver.charge()
        assert driver.quote["price"]["value"] == "110.00"

        cpo.cdr(session, kwh=5, total=130.0)

        assert lines_of(told(driver)) == [
            ("energy-cost", "90.00"), ("charging-time", "30.00"), ("service-charge", "10.00"),
            ("quote-cap", "-20.00"),
        ]
        assert told(driver)["quote"]["price"]["value"] == "110.00"
        assert Bill.objects.get().dispute == ""
        assert Bill.objects.get().quote.explanation[-1] == (
            "No more energy than quoted was taken: the quote's 110.00 is the most."
        )

    def test_who_takes_more_pays_for_it(self, driver, cpo):
        with_time(cpo)
        session = driver.charge()

        cpo.cdr(session, kwh=5.01, total=130.18)

        assert told(driver)["quote"]["price"]["value"] == "130.18"

    @pytest.mark.parametrize(
        ("energy", "amounts", "cap"),
        [
            ("5", {"energy-cost": "90.00", "service-charge": "10.00"}, None),
            ("5", {"energy-cost": "90.00", "service-charge": "10.01"}, "-0.01"),
            ("5", {"energy-cost": "100.00", "parking-fee": "50.00"}, None),
            ("5", {"energy-cost": "105.00", "parking-fee": "50.00"}, "-5.00"),
            ("5.0001", {"energy-cost": "105.00"}, None),
        ],
    )
    def test_what_the_cap_covers(self, driver, energy, amounts, cap):
        driver.book()
        lines = [{"code": code, "amount": amount} for code, amount in amounts.items()]

        made = cap_line(Order.objects.get().quote, energy_kwh=Decimal(energy), lines=lines)

        assert (made and made["amount"]) == cap


class TestWhereTheQuoteIsACap:
    @pytest.mark.parametrize(
        ("rules", "setting", "total"),
        [
            ([], False, "130.00"),
            ([{}], False, "110.00"),
            ([{"sold_through": "other.example"}], False, "130.00"),
            ([{"sold_through": "other.example"}], True, "110.00"),
        ],
        ids=["a book without rules", "a rule", "a rule for others", "the setting"],
    )
    def test_a_rule_of_the_price_book_or_the_setting_makes_it_one(self, driver, cpo, settings, rules, setting, total):
        settings.QUOTE_CAPS_BILL = setting
        with_time(cpo)
        published(*rules)

        cpo.cdr(driver.charge(), kwh=5, total=130.0)

        assert told(driver)["quote"]["price"]["value"] == total


class TestSettlement:
    def test_what_was_paid_too_much_is_told_as_a_refund(self, driver, cpo):
        session = charge(driver, cpo)
        cpo.cdr(session)

        order = told(driver)

        assert order["quote"]["price"]["value"] == "91.00"
        assert lines_of(order) == [("energy-cost", "81.00"), ("service-charge", "10.00")]
        first, refund = order["payments"]
        assert (first["status"], first["params"]["amount"]) == ("PAID", "100.00")
        assert refund["params"] == {"amount": "-9.00", "currency": "INR"}
        assert (refund["id"], refund["type"], refund["status"]) == (
            "payment-01-refund", "POST-FULFILLMENT", "NOT-PAID",
        )
        assert refund["tags"][0]["descriptor"] == {"code": "refund", "name": "Refund"}

    def test_what_was_paid_too_little_is_the_balance(self, driver, cpo):
        session = charge(driver, cpo)
        cpo.cdr(session, kwh=6.75, total=131.5)

        order = told(driver)

        assert order["quote"]["price"]["value"] == "131.50"
        assert [(p["id"], p["params"]["amount"]) for p in order["payments"]] == [
            ("payment-01", "100.00"), ("payment-01-balance", "31.50"),
        ]

    def test_what_fits_needs_no_more_payments(self, driver, cpo):
        session = charge(driver, cpo, paid("91.00"))
        cpo.cdr(session)

        assert len(told(driver)["payments"]) == 1

    def test_before_the_end_nothing_is_settled(self, driver, cpo):
        charge(driver, cpo)

        assert [p["params"]["amount"] for p in told(driver)["payments"]] == ["100.00"]

    def test_a_payment_that_is_still_to_be_made_is_of_the_bill(self, driver, cpo):
        session = charge(driver, cpo, paid(status="NOT-PAID", type="POST-FULFILLMENT"))
        cpo.cdr(session)

        [payment] = told(driver)["payments"]
        assert payment["params"] == {"amount": "91.00", "currency": "INR", "transaction_id": "utr-1"}

    def test_a_credit_gives_all_back(self, driver, cpo):
        session = charge(driver, cpo)
        cpo.cdr(session)
        cpo.cdr(session, id="CDR-1-C", credit=True, credit_reference_id="CDR-1")

        assert told(driver)["payments"][1]["params"]["amount"] == "-100.00"

    @pytest.mark.parametrize("amount", ["a lot", "NaN", "-5", "Infinity", ""])
    def test_an_amount_that_is_none_settles_nothing(self, driver, cpo, amount):
        session = charge(driver, cpo, paid(amount))
        cpo.cdr(session)

        assert len(told(driver)["payments"]) == 1


class TestReceipt:
    def tag(self, driver):
        [group] = told(driver)["tags"]
        assert group["descriptor"] == {"code": "receipt", "name": "Receipt"}
        return {tag["descriptor"]["code"]: tag["value"] for tag in group["list"]}

    def test_the_final_bill_says_where_it_is(self, driver, cpo, client):
        session = driver.charge()
        assert "tags" not in told(driver)
        cpo.cdr(session)

        tag = self.tag(driver)

        assert tag["number"] == Invoice.objects.get().number
        assert tag["url"].startswith("http://testserver/receipts/")
        answer = client.get(tag["url"].removeprefix("http://testserver"))
        assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")

    def test_a_held_bill_has_none(self, driver, cpo):
        session = driver.charge()
        cpo.cdr(session, total_energy=90)

        assert "tags" not in told(driver)
        assert not Invoice.objects.exists()

    def test_a_credit_has_its_note(self, driver, cpo):
        session = driver.charge()
        cpo.cdr(session)
        cpo.cdr(session, id="CDR-1-C", credit=True, credit_reference_id="CDR-1")

        assert self.tag(driver)["number"].startswith("CRN/")

    def test_the_buyer_is_who_the_app_named(self, driver, cpo):
        from beckn.receipts import buyer_of

        cpo.cdr(driver.charge())

        assert buyer_of(Invoice.objects.get()) == ["Test Driver", "1 Test Road", "Bengaluru, Karnataka"]

    def test_the_list_of_invoices_leads_to_the_pdf(self, driver, cpo, client, admin_user):
        cpo.cdr(driver.charge())
        client.force_login(admin_user)

        page = client.get("/admin/charging_sessions/invoice/").content.decode()

        assert Invoice.objects.get().number in page
        path = page.split('href="/receipts/')[1].split('"')[0]
        assert client.get(f"/receipts/{path}").status_code == 200


def test_tax_lines_come_from_the_tariff(driver, cpo):
    made = tariff(last_updated="2026-03-02T08:00:00Z")
    for component in made["elements"][0]["price_components"]:
        component["vat"] = 18
    assert cpo.call("PUT", "tariffs/IN/CPO/T-1", made).status_code == 200

    cpo.cdr(driver.charge(), total_cost={"excl_vat": 91, "incl_vat": 107.38}, tariffs=[made])

    invoice = Invoice.objects.get()
    assert invoice.total == Decimal("107.38")
    assert invoice.taxes == [{"name": "GST", "percent": "18", "net": "91.00", "tax": "16.38"}]
