"""A quote binds: what was promised holds until its end, for the app it was given to and for nobody else."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from ocpi.services import tariffs
from sessions.models import Bill, Order, Quote
from sessions.services import billing
from sessions.services.binding import digest_of
from tests.factories.beckn import SubscriberFactory
from tests.factories.price_book import published
from tests.flows.world import BILLING, connector, evse, location, tariff

pytestmark = pytest.mark.django_db
LATER = "2026-03-02T08:00:00Z"
TEN_MORE = {"name": "ten more", "kind": "MARKUP", "markup_percent": "10"}


def lines_of(message):
    return [
        (line["title"], line["price"]["value"]) for line in message["message"]["order"]["quote"]["breakup"]
    ]


def total_of(message):
    return message["message"]["order"]["quote"]["price"]["value"]


def stated(quote_id=None, total=None):
    """`quote` of an order as an app sends it."""
    quote = {} if quote_id is None else {"id": str(quote_id)}
    return {"quote": quote | ({} if total is None else {"price": {"currency": "INR", "value": total}})}


def raise_tariff(cpo, price="36"):
    tariffs.store_tariffs(cpo.party, [tariff(price, last_updated=LATER)], received_at=timezone.now())


def let_time_pass():
    Quote.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for quote in Quote.objects.all():  # the end is promised too
        Quote.objects.filter(pk=quote.pk).update(digest=digest_of(quote))


def refused(told, text):
    assert told["error"]["code"] == "40003"
    assert told["error"]["message"] == f"QUOTE_EXPIRED: {text}"
    return True


class TestStored:
    def test_a_quote_keeps_lines_rule_tariff_version_and_digest(self, driver, cpo):
        published(TEN_MORE)
        driver.search()
        assert driver.item["price"]["value"] == "19.8"
        assert lines_of(driver.select()) == [("energy-cost", "99.00"), ("service-charge", "11.00")]

        quote = Quote.objects.get()

        assert (quote.total, quote.cost_total, quote.unit_price) == (
            Decimal("110.00"),
            Decimal("100.00"),
            Decimal("19.8"),
        )
        assert (quote.rule["version"], quote.rule["name"]) == (1, "ten more")
        assert quote.tariff_version == cpo.party.tariffs.get().versions.get()
        assert quote.digest == digest_of(quote) and len(quote.digest) == 64

    def test_every_part_of_the_promise_is_in_the_digest(self, driver):
        driver.search()
        driver.select()
        quote = Quote.objects.get()
        lines = [quote.lines[0] | {"amount": "1.00"}, *quote.lines[1:]]
        changes = {
            "lines": lines,
            "total": Decimal("99.99"),
            "currency": "EUR",
            "tariff": quote.tariff | {"currency": "EUR"},
            "tariff_version_id": 0,
            "rule": {"version": 2},
            "expires_at": timezone.now(),
            "offer_id": 0,
        }

        for name, value in changes.items():
            changed = Quote.objects.get()
            setattr(changed, name, value)
            assert digest_of(changed) != quote.digest, name


class TestChecked:
    @pytest.mark.parametrize("total", ["99.99", "100.01", "1", "0"])
    def test_another_total_at_init_is_refused(self, driver, cpo, total):
        driver.search()
        driver.select()

        told = driver.init(**stated(total=total))

        assert refused(told, f"the quote is 100.00 INR, not {total}")
        assert cpo.commands == []
        assert Order.objects.get().state == "QUOTED"

    def test_another_currency_is_refused(self, driver, cpo):
        driver.search()
        driver.select()
        quote = {"quote": {"price": {"currency": "EUR", "value": "100.00"}}}

        assert refused(driver.init(**quote), "the quote is in INR")
        assert cpo.commands == []

    def test_an_expired_quote_is_refused_where_the_app_stated_the_amount(self, driver, cpo):
        driver.search()
        driver.select()
        let_time_pass()

        told = driver.init(**stated(total="100.00"))

        assert refused(told, "the quote is over; select again for a new one")
        assert cpo.commands == []

    def test_confirm_of_an_expired_quote_is_refused(self, driver, cpo):
        driver.book()
        let_time_pass()
        driver.ask("confirm", driver.confirm_message())

        assert refused(driver.last("on_confirm"), "the quote is over; select again for a new one")
        assert cpo.bodies("START_SESSION") == []

    def test_another_item_at_confirm_is_refused(self, driver, cpo):
        two = [connector(), connector("2")]
        cpo.call("PUT", "locations/IN/CPO/LOC-1", location(last_updated=LATER, evses=[evse(connectors=two)]))
        found = driver.search()["message"]["catalog"]["providers"][0]["items"]
        driver.item = found[0]
        driver.select()
        driver.init()
        driver.item = found[1]
        driver.ask("confirm", driver.confirm_message())

        assert refused(driver.last("on_confirm"), "the quote is for another charger")
        assert cpo.bodies("START_SESSION") == []

    def test_another_apps_quote_is_refused(self, driver, cpo, bap, bap_server):
        driver.search()
        driver.select()
        foreign = Quote.objects.get().quote_id
        SubscriberFactory(
            subscriber_id="other.tests.example", unique_key_id="other-1", key_name="other", url=bap_server.url
        )
        bap.subscriber_id, bap.unique_key_id, bap.key_name = "other.tests.example", "other-1", "other"
        driver.transaction_id = str(uuid.uuid4())
        text = "this quote was not given for this order; select again for one of your own"

        assert refused(driver.init(**stated(foreign)), text)
        driver.select()
        assert refused(driver.init(**stated(foreign, total="100.00")), text)
        assert driver.init(**stated(Quote.objects.first().quote_id)).get("error") is None
        driver.ask("confirm", driver.order(billing=BILLING, **stated(foreign)))
        assert refused(driver.last("on_confirm"), text)
        assert cpo.bodies("START_SESSION") == []

    def test_an_id_of_the_apps_own_says_nothing(self, driver):
        driver.search()
        driver.select()

        assert driver.init(**stated("quote-of-the-app")).get("error") is None
        assert driver.init(**stated(uuid.uuid4())).get("error") is None

    @pytest.mark.parametrize(
        "change",
        [
            {"total": Decimal("1.00")},
            {"lines": [{"code": "energy-cost", "quantity": "5", "unit": "kWh", "unit_price": "1", "amount": "5"}]},
            {"rule": {"version": 9, "why": [], "terms": {"kind": "FLAT", "energy_price": "0"}}},
            {"tariff": {"currency": "INR"}},
        ],
    )
    def test_a_stored_quote_that_was_tampered_with_is_not_honoured(self, driver, cpo, change, caplog):
        driver.search()
        driver.select()
        Quote.objects.update(**change)

        told = driver.init()

        assert refused(told, "the quote cannot be honoured as it was given; select again for a new one")
        assert cpo.commands == []
        assert "was changed after it had been given" in caplog.text


class TestPriceChangedMeanwhile:
    def test_a_new_tariff_does_not_change_the_quote(self, driver, cpo):
        driver.search()
        driver.select()
        raise_tariff(cpo)

        assert total_of(driver.init()) == "100.00"
        assert driver.confirm().get("error") is None
        cpo.cdr(cpo.session("ACTIVE"))

        assert lines_of(driver.last("on_status")) == [("energy-cost", "81.00"), ("service-charge", "10.00")]
        assert Bill.objects.get().quote.tariff_version.number == 1
        assert total_of(driver.select()) == "190.00"

    def test_a_new_price_book_does_not_change_the_quote(self, driver, cpo):
        published(TEN_MORE)
        driver.search()
        driver.select()
        published({"kind": "FLAT", "currency": "INR", "energy_price": "50"})

        assert total_of(driver.init()) == "110.00"
        driver.confirm()
        cpo.cdr(cpo.session("ACTIVE"))

        assert lines_of(driver.last("on_status")) == [("energy-cost", "89.10"), ("service-charge", "11.00")]
        bill = Bill.objects.get()
        assert (bill.quote.rule["version"], bill.quote.cost_total) == (1, Decimal("91.00"))
        assert bill.dispute == ""  # the CDR says 91.00: what the operator charges, not what the driver pays

    def test_a_book_published_after_the_quote_does_not_reach_the_bill(self, driver, cpo):
        session = driver.charge()
        published(TEN_MORE)

        cpo.cdr(session)

        assert total_of(driver.last("on_status")) == "91.00"

    def test_a_wrong_cdr_is_disputed_at_cost(self, driver, cpo):
        published(TEN_MORE)
        session = driver.charge()

        cpo.cdr(session, total=100.1)  # what the driver pays, and not what the tariff gives

        bill = Bill.objects.get()
        assert (bill.quote.total, bill.cpo_total) == (Decimal("100.10"), Decimal("100.1000"))
        assert bill.dispute == "the CPO charges 100.1000 INR, the quoted tariff gives 91.00"

    def test_after_its_end_init_offers_a_new_quote_where_the_app_stated_no_amount(self, driver, cpo):
        driver.search()
        driver.select()
        raise_tariff(cpo)
        let_time_pass()

        told = driver.init()

        assert total_of(told) == "190.00"
        assert told["message"]["order"]["quote"]["id"] != driver.quote["id"]
        assert Order.objects.get().quotes.count() == 2
        driver.quote = told["message"]["order"]["quote"]
        assert driver.confirm().get("error") is None

    def test_a_tariff_that_is_deleted_in_use_still_bills(self, driver, cpo):
        session = driver.charge()
        assert cpo.call("DELETE", "tariffs/IN/CPO/T-1").status_code == 200

        cpo.cdr(session)

        assert total_of(driver.last("on_status")) == "91.00"
        kept = cpo.party.tariffs.get()
        assert (kept.deleted_at is not None, kept.versions.count()) == (True, 1)
        assert Bill.objects.get().quote.tariff_version == kept.versions.get()


def test_a_bill_reads_the_tariff_by_the_version_of_the_connection(driver, cpo):
    """In 2.3.0 the prices may hold the tax: 4.5 kWh at 23.60 with 18 % in it, and not on top."""
    cpo.cdr(driver.charge())
    order = Order.objects.select_related("party__connection", "quote").get()
    parts = [{"type": "ENERGY", "price": Decimal("23.6"), "vat": Decimal(18), "step_size": 1}]
    order.quote.tariff = tariff(tax_included="YES", elements=[{"price_components": parts}])
    order.party.connection.version = "2.3.0"

    priced = billing.price_cdr(order, Bill.objects.get().cdr)

    assert (priced.total, priced.total_excl_vat) == (Decimal("106.20"), Decimal("90.00"))


class TestQuantities:
    def test_money_buys_by_the_retail_price(self, driver):
        published({"currency": "INR", "service_fee": "5", "vat_percent": "18"})
        driver.search()
        measure = {"type": "CONSTANT", "value": "105.90", "unit": "INR"}
        items = [{"id": driver.item["id"], "quantity": {"selected": {"measure": measure}}}]

        driver.ask("select", {"order": driver.order()["order"] | {"items": items}})

        told = driver.last("on_select")
        assert lines_of(told) == [
            ("energy-cost", "90.00"),
            ("service-charge", "10.00"),
            ("platform-fee", "5.90"),
        ]
        assert total_of(told) == "105.90"

    def test_rules_of_the_app_are_searched_and_quoted(self, driver, bap):
        published(TEN_MORE, {"sold_through": bap.subscriber_id, "kind": "MARKUP", "markup_percent": "50"})

        found = driver.search()

        assert found["message"]["catalog"]["providers"][0]["items"][0]["price"]["value"] == "27"
        assert total_of(driver.select()) == "150.00"
