"""What a driver pays beside the energy, in English and Hindi: by the tariff, by a rule, and where it is shown."""

from decimal import Decimal

import pytest
from django.core.management import call_command

from catalog import tasks
from catalog.models import Offer
from catalog.retail import Terms, driver_words
from catalog.search import offers_near
from catalog.search_types import SearchWish
from ocpi.models import Location
from tests.catalog.pricing import component, element, tariff
from tests.factories import catalog as factories
from tests.factories.price_book import published

D = Decimal
PARKING = element(component("PARKING_TIME", 120), min_duration=1800)
ENERGY = element(component("ENERGY", 18))
PLAIN = ["₹18.00/kWh, parking ₹2.00/min after 30 min", "₹18.00/kWh, पार्किंग ₹2.00/मिनट 30 मिनट के बाद"]


def told(*elements, terms=None, version="2.2.1", **members):
    made = driver_words(tariff(*elements, currency="INR", **members), terms or Terms(), ocpi_version=version)
    return made.split("\n")


def english(*elements, **options):
    return told(*elements, **options)[0]


class TestByTheTariff:
    def test_in_both_languages(self):
        assert told(ENERGY, PARKING) == PLAIN

    @pytest.mark.parametrize("one", [ENERGY, element(component("ENERGY", 18, vat=18, step_size=100))])
    def test_a_price_per_kwh_alone_needs_no_words(self, one):
        assert told(one) == [""]

    def test_all_that_can_be_said(self):
        night = element(component("ENERGY", 12), start_time="22:00", end_time="06:00", day_of_week=["SUNDAY"])
        fees = element(component("FLAT", 10), component("TIME", 90, step_size=900))
        booked = element(component("TIME", 60), component("FLAT", 5), reservation="RESERVATION")
        assert told(night, ENERGY, fees, booked, max_price={"excl_vat": 500, "incl_vat": 500}) == [
            "₹12.00/kWh 22:00–06:00 on Sun, ₹18.00/kWh otherwise, start fee ₹10.00, "
            "charging time ₹1.50/min in steps of 15 min, reservation fee ₹5.00, reservation ₹1.00/min, "
            "at most ₹500.00",
            "₹12.00/kWh 22:00–06:00 रवि को, ₹18.00/kWh बाकी समय, शुरू करने का शुल्क ₹10.00, "
            "चार्जिंग का समय ₹1.50/मिनट (15 मिनट के चरणों में), आरक्षण शुल्क ₹5.00, आरक्षण ₹1.00/मिनट, "
            "ज़्यादा से ज़्यादा ₹500.00",
        ]

    def test_where_tax_is_not_known_a_driver_pays_no_more_than_is_told(self):
        assert english(ENERGY, PARKING, version="2.1.1") == PLAIN[0]

    @pytest.mark.parametrize("members", [{"elements": []}, {"elements": "free"}])
    def test_what_cannot_be_priced_is_not_worded(self, members):
        assert driver_words({"currency": "INR"} | members, Terms(), ocpi_version="2.2.1") == ""

    def test_what_nobody_reads_is_left_out(self):
        many = [element(component("ENERGY", n), min_kwh=n) for n in range(60, 0, -1)]
        assert told(*many) == [""]


class TestByARule:
    @pytest.mark.parametrize(
        ("terms", "words"),
        [
            (Terms(kind="MARKUP", markup_percent=D(10)), "₹19.80/kWh, parking ₹2.20/min after 30 min"),
            (
                Terms(kind="MARKUP", currency="INR", markup_per_kwh=D(2), vat_percent=D(18)),
                "₹20.36/kWh, parking ₹2.00/min after 30 min",
            ),
            (Terms(cap_per_kwh=D(15), currency="INR"), "₹15.00/kWh, parking ₹2.00/min after 30 min"),
            (
                Terms(service_fee=D(5), vat_percent=D(18), currency="INR"),
                "₹18.00/kWh, parking ₹2.00/min after 30 min, ₹5.90 per session",
            ),
            (
                Terms(kind="FLAT", currency="INR", energy_price=D(20), cap_per_kwh=D(1)),
                "₹20.00/kWh, parking ₹2.00/min after 30 min",
            ),
        ],
    )
    def test_the_words_are_of_the_drivers_price(self, terms, words):
        assert english(ENERGY, PARKING, terms=terms) == words

    def test_a_flat_price_covers_time_start_and_limits(self):
        fees = element(component("FLAT", 10), component("TIME", 90))
        flat = Terms(kind="FLAT", currency="INR", energy_price=D(20))
        assert english(ENERGY, fees, terms=flat, max_price={"excl_vat": 50, "incl_vat": 50}) == ""

    def test_a_limit_has_the_percentage_on_it_and_none_of_our_own_fees(self):
        terms = Terms(kind="MARKUP", markup_percent=D(10), service_fee=D(5), currency="INR")
        assert english(ENERGY, terms=terms, min_price={"excl_vat": 50, "incl_vat": 50}) == (
            "₹19.80/kWh, ₹5.00 per session, at least ₹55.00 before our own fees"
        )

    def test_energy_that_the_operator_does_not_price_has_our_price(self):
        terms = Terms(kind="MARKUP", markup_per_kwh=D(2), currency="INR")
        assert english(element(component("TIME", 60)), terms=terms) == "₹2.00/kWh, charging time ₹1.00/min"


def beside(*elements):
    return {"content": {"elements": list(elements)}}


def shown(sold_through=""):
    return [offer.price_words.split("\n")[0] for offer in offers_near(SearchWish(sold_through=sold_through))]


def dearer(percent, **match):
    return {"kind": "MARKUP", "markup_percent": percent} | match


@pytest.mark.django_db
class TestWhatASearchShows:
    def test_the_words_follow_each_book_that_comes_into_force(self):
        factories.refreshed(factories.station(tariff=beside(ENERGY, PARKING)))
        assert shown() == ["₹18.00/kWh, parking ₹2.00/min after 30 min"]

        published(dearer("10"))
        assert shown() == ["₹19.80/kWh, parking ₹2.20/min after 30 min"]

        published(dearer("50"))
        assert shown() == ["₹27.00/kWh, parking ₹3.00/min after 30 min"]

    def test_an_app_with_rules_of_its_own_is_told_its_own_words(self):
        factories.refreshed(factories.station(tariff=beside(ENERGY, PARKING)))
        factories.refreshed(factories.station())
        published(dearer("50", sold_through="app.example"), dearer("10"))

        assert shown() == ["₹19.80/kWh, parking ₹2.20/min after 30 min", ""]
        assert shown("app.example") == ["₹27.00/kWh, parking ₹3.00/min after 30 min", ""]


@pytest.mark.django_db
class TestAfterAnUpgrade:
    @pytest.fixture
    def earlier(self):
        """Offers as an earlier release left them, without what it did not know."""
        for _ in range(3):
            factories.refreshed(factories.station(tariff=beside(ENERGY, PARKING)))
        Location.objects.update(raw={"opening_times": {"twentyfourseven": True}})
        Offer.objects.update(mapped_by=0, price_words="", opening_hours="")

    def known(self):
        return [row.split("\n")[0] for row in Offer.objects.values_list("price_words", flat=True)]

    def test_workers_map_what_an_earlier_release_mapped(self, earlier, django_assert_num_queries):
        tasks.remap_offers()

        assert self.known() == ["₹18.00/kWh, parking ₹2.00/min after 30 min"] * 3
        assert set(Offer.objects.values_list("opening_hours", "mapped_by")) == {("24/7", 1)}
        with django_assert_num_queries(1):
            tasks.remap_offers()

    def test_the_command_tells_its_progress(self, earlier, capsys, monkeypatch):
        monkeypatch.setattr("catalog.services.remapping.CHUNK", 2)

        call_command("remap_offers")

        assert capsys.readouterr().out.splitlines() == [
            "3 offer(s) were mapped by an earlier release", "2 of 3", "3 of 3",
        ]
        assert self.known() == ["₹18.00/kWh, parking ₹2.00/min after 30 min"] * 3

    def test_a_charge_point_that_moved_is_mapped_where_it_is(self, earlier):
        moved = Offer.objects.order_by("pk").first()
        moved.evse.location = factories.LocationFactory(party=moved.party)
        moved.evse.save()

        tasks.remap_offers()

        assert set(Offer.objects.values_list("mapped_by", flat=True)) == {1}
        assert Offer.objects.get(pk=moved.pk).location == moved.evse.location
