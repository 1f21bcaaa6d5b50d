"""Price books from draft to publication: what offers show, when, and what can no longer be changed."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from catalog import tasks
from catalog.errors import NotPublishable
from catalog.models import BookState, Offer, PriceBookVersion, PriceRule
from catalog.search import offers_near
from catalog.search_types import SearchWish
from catalog.services import offers, price_book, prices, quoting
from tests.factories.catalog import LocationFactory, PartyFactory, component, elements, refreshed, station
from tests.factories.price_book import draft, published, staff

pytestmark = pytest.mark.django_db
D = Decimal


def shown(sold_through=""):
    """What a search shows now: prices per kWh in the order of the locations."""
    return [offer.energy_price for offer in offers_near(SearchWish(sold_through=sold_through))]


def dearer(percent, **match):
    return {"kind": "MARKUP", "markup_percent": percent} | match


class TestWhatOffersShow:
    def test_without_a_book_the_tariff_passes_through(self):
        offer = refreshed(station())

        assert shown() == [D(18)]
        priced = quoting.quote(offer, energy_kwh=D(5), at=timezone.now())
        assert (priced.total, priced.rule, priced.cost) == (D("90.00"), None, None)

    def test_a_published_rule_is_shown_and_quoted(self):
        offer = refreshed(station())
        version = published(dearer("10", name="ten more"))

        assert shown() == [D("19.8")]
        priced = quoting.quote(offer, energy_kwh=D(5), at=timezone.now())
        assert (priced.total, priced.unit_price, priced.at_cost.total) == (D("99.00"), D("19.8"), D("90.00"))
        assert priced.rule == {
            "version": 1,
            "rule_id": version.rules.get().pk,
            "name": "ten more",
            "why": ["“ten more” applies: it is for every sale."],
            "terms": {"kind": "MARKUP", "markup_percent": "10.000", "vat_percent": "0.00"},
        }
        assert "Price book, version 1: “ten more” applies: it is for every sale." in priced.explanation

    def test_rules_for_operator_location_connector_and_power(self):
        party = PartyFactory()
        first = station(location=LocationFactory(party=party))
        second = station(location=LocationFactory(party=party), max_electric_power_w=60000)
        other = station(standard="CHADEMO")
        for connector in (first, second, other):
            refreshed(connector)
        published(
            dearer("100", connector_standard="CHADEMO"),
            dearer("10", party=party),
            dearer("20", party=party, min_power_w=50000),
        )

        assert shown() == [D("19.8"), D("21.6"), D(36)]

    def test_a_rule_for_one_location_beats_all(self):
        connector = station()
        refreshed(connector)
        location = connector.evse.location
        published(dearer("10", party=location.party, priority=9), dearer("50", location=location))

        assert shown() == [D(27)]

    def test_rules_of_an_app_are_shown_to_that_app_alone(self):
        offer = refreshed(station())
        published(dearer("10"), dearer("30", sold_through="dear.example"))

        assert (shown(), shown("other.example"), shown("dear.example")) == ([D("19.8")], [D("19.8")], [D("23.4")])
        quote = quoting.quote(offer, energy_kwh=D(1), at=timezone.now(), sold_through="dear.example")
        assert quote.total == D("23.40")

    def test_news_of_the_operator_is_priced_by_the_book_in_force(self):
        published(dearer("10"))
        refreshed(station())

        assert shown() == [D("19.8")]

    def test_a_time_window_changes_the_price_when_it_begins(self, monkeypatch):
        published(dearer("50", start_time=time(18), end_time=time(22)))
        before = datetime(2026, 3, 2, 12, 29, tzinfo=UTC)  # 17:59 in India
        monkeypatch.setattr(timezone, "now", lambda: before)
        offer = refreshed(station())
        assert (offer.energy_price_odd, offer.price_valid_until) == (D(18), before + timedelta(minutes=1))

        monkeypatch.setattr(timezone, "now", lambda: before + timedelta(minutes=1))
        assert prices.reprice_due() == 1

        assert shown() == [D(27)]

    def test_a_sum_of_money_buys_by_the_retail_price(self):
        offer = refreshed(station())
        published({"currency": "INR", "service_fee": "10"})

        # 10 + 18 × 5 = 100
        assert quoting.energy_for_amount(offer, amount=D(100), at=timezone.now()) == D("5.00")
        assert quoting.energy_for_amount(offer, amount=D("99.99"), at=timezone.now()) == D("4.99")


class TestPublication:
    def test_no_search_sees_a_half_priced_catalogue(self, monkeypatch):
        monkeypatch.setattr(prices, "CHUNK", 2)
        for _ in range(5):
            refreshed(station())
        version = draft(dearer("10"))
        price_book.publish(version, by=staff())
        seen = []

        while price_book._publish_chunk() is not None:
            version.refresh_from_db()
            seen.append((version.offers_done, shown()))

        assert seen == [(2, [D(18)] * 5), (4, [D(18)] * 5), (5, [D(18)] * 5)]
        assert shown() == [D("19.8")] * 5
        version.refresh_from_db()
        assert (version.state, version.number, version.offers_total) == (BookState.PUBLISHED, 1, 5)

    def test_news_during_a_publication_is_priced_by_both_books(self, monkeypatch):
        monkeypatch.setattr(prices, "CHUNK", 1)
        connector = station()
        refreshed(connector)
        refreshed(station())
        price_book.publish(draft(dearer("10")), by=staff())
        price_book._publish_chunk()
        tariff = connector.evse.location.party.tariffs.get()
        tariff.raw |= elements(component("ENERGY", 20))
        tariff.save()

        offers.refresh_for_tariffs([tariff.pk])
        refreshed(station())

        assert shown() == [D(20), D(18), D(18)]
        price_book.go_on_publishing()
        assert shown() == [D(22), D("19.8"), D("19.8")]

    def test_books_follow_one_another(self):
        refreshed(station())
        for percent, price in (("10", "19.8"), ("20", "21.6"), ("30", "23.4")):
            published(dearer(percent))
            assert shown() == [D(price)]
        assert list(PriceBookVersion.objects.values_list("number", flat=True)) == [3, 2, 1]

    def test_an_empty_book_goes_back_to_passing_through(self):
        offer = refreshed(station())
        published(dearer("10"))
        published()

        assert shown() == [D(18)]
        priced = quoting.quote(offer, energy_kwh=D(1), at=timezone.now())
        assert priced.rule["why"] == ["No rule fits: the operator's price is passed through."]

    def test_the_task_goes_on_where_a_worker_stopped(self, monkeypatch):
        monkeypatch.setattr(prices, "CHUNK", 1)
        for _ in range(3):
            refreshed(station())
        price_book.publish(draft(dearer("10")), by=staff())
        price_book._publish_chunk()

        tasks.publish_price_book()

        version = PriceBookVersion.objects.get()
        assert (version.state, version.offers_done) == (BookState.PUBLISHED, 3)
        assert shown() == [D("19.8")] * 3

    def test_publishing_wakes_the_worker(self, django_capture_on_commit_callbacks):
        refreshed(station())
        version = draft(dearer("10"))

        with django_capture_on_commit_callbacks(execute=True):
            price_book.publish(version, by=staff())

        assert shown() == [D("19.8")]

    def test_one_publication_at_a_time(self):
        price_book.publish(draft(), by=staff())
        second = draft()

        with pytest.raises(NotPublishable, match="another version is being published"):
            price_book.publish(second, by=staff())

        second.refresh_from_db()
        assert (second.state, second.number) == (BookState.DRAFT, None)

    def test_a_published_book_is_never_changed(self):
        version = published(dearer("10"))

        for change in (
            lambda: PriceRule.objects.update(markup_percent=99),
            lambda: PriceRule.objects.all().delete(),
            lambda: PriceRule.objects.create(version=version, name="late"),
            lambda: PriceBookVersion.objects.update(name="other"),
            lambda: version.delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        assert list(PriceRule.objects.values_list("markup_percent", flat=True)) == [D(10)]

    def test_a_draft_can_be_changed_and_deleted(self):
        version = draft(dearer("10"))
        PriceRule.objects.update(markup_percent=99)

        version.delete()

        assert not PriceRule.objects.exists()

    def test_the_next_draft_begins_with_the_rules_in_force(self):
        published(dearer("10", name="ten"))

        version = price_book.draft_of_current(by=staff())

        assert (version.state, version.number, version.name) == ("DRAFT", None, "changes to version 1")
        assert list(version.rules.values_list("name", "markup_percent")) == [("ten", D(10))]
        assert PriceRule.objects.count() == 2


class TestSecondPerson:
    def test_who_proposed_cannot_publish(self, settings):
        settings.PRICE_BOOK_SECOND_PERSON = True
        refreshed(station())
        version = draft(dearer("10"))
        with pytest.raises(NotPublishable, match="must be “waits for a second person”"):
            price_book.publish(version, by=staff("ben"))
        price_book.propose(version, by=staff("ana"))

        with pytest.raises(NotPublishable, match="a second person is needed"):
            price_book.publish(version, by=staff("ana"))
        assert shown() == [D(18)]

        price_book.publish(version, by=staff("ben"))
        price_book.go_on_publishing()
        version.refresh_from_db()
        assert (version.proposed_by.username, version.published_by.username) == ("ana", "ben")
        assert shown() == [D("19.8")]

    def test_what_is_proposed_stands_still_until_it_is_taken_back(self):
        version = draft(dearer("10"))
        price_book.propose(version, by=staff())
        with pytest.raises(DatabaseError), transaction.atomic():
            PriceRule.objects.update(markup_percent=99)

        price_book.take_back(version)

        assert PriceRule.objects.update(markup_percent=99) == 1


def test_writers_and_a_publication_keep_apart():
    """A writer holds the lock shared; a publication asks for it alone."""
    refreshed(station())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
        assert cursor.fetchall() == [("ShareLock",)]
    price_book.publish(draft(), by=staff())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY 1"
        )
        assert cursor.fetchall() == [("ExclusiveLock",), ("ShareLock",)]
    assert Offer.objects.count() == 1
