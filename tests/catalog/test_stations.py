"""What searches tell of stations: written once, void when an offer changes, never of another book or another moment."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import stations
from catalog.models import Offer, StationText
from catalog.search_types import SearchWish
from catalog.services import offers, price_book, station_texts
from catalog.stations import Wording, stations_near
from emsp.core import circuits
from emsp.core.circuits import Partner
from emsp.core.models import PartnerKind
from ocpi.models import Evse
from ocpi.services.tariffs import store_tariff
from tests.factories.catalog import EvseFactory, LocationFactory, PartyFactory, component, refreshed, station
from tests.factories.price_book import draft, published, staff

pytestmark = pytest.mark.django_db

LATER = "2026-06-01T00:00:00Z"
HERE = SearchWish(latitude=Decimal("28.55"), longitude=Decimal("77.25"))


class Written:
    """A wording that tells each connector with its price, and how often it was asked."""

    def __init__(self, number=1):
        self.count = 0
        self.wording = Wording(number, self.write)

    def write(self, found):
        self.count += 1
        return " ".join(f"{offer.connector_ocpi_id}:{offer.energy_price}" for offer in found)


@pytest.fixture
def told():
    return Written()


def at(place, **over):
    latitude, longitude = map(Decimal, place)
    return LocationFactory(latitude=latitude, longitude=longitude, **over)


def near(told, wish=HERE):
    return [(found.text, found.statuses) for found in stations_near(wish, told.wording)]


def row():
    return StationText.objects.get()


class TestReady:
    def test_a_text_is_written_by_the_first_search_and_read_by_the_others(self, told):
        offer = refreshed(station())
        text = f"{offer.connector_ocpi_id}:18.0000"
        assert (row().text, row().stamp, row().evse_ids) == ("", None, [offer.evse_id])

        assert near(told) == near(told) == [(text, ["AVAILABLE"])]

        assert told.count == 1
        assert (row().text, row().stamp) == (text, stations.WORDINGS)

    def test_a_ready_search_is_one_statement(self, told):
        refreshed(station())
        near(told)

        with CaptureQueriesContext(connection) as queries:
            near(told)
        assert len(queries) == 1

    def test_a_status_is_told_without_a_new_text(self, told):
        offer = refreshed(station())
        near(told)
        Evse.objects.update(status="CHARGING")
        offers.refresh([offer.location_id])

        assert [statuses for _, statuses in near(told)] == [["CHARGING"]]
        assert told.count == 1

    def test_statuses_are_in_the_order_of_the_evses(self, told):
        location = at(("28.55", "77.25"))
        for position, status in ((2, "BLOCKED"), (1, "CHARGING")):
            station(location=location, evse=EvseFactory(location=location, status=status, position=position))
        offers.refresh([location.pk])

        for _ in range(2):  # made of offers, and ready
            assert [statuses for _, statuses in near(told)] == [["BLOCKED", "CHARGING"]]

    def test_what_is_free_at_an_operator_that_does_not_answer_is_not_known(self, told, settings):
        settings.CIRCUIT_OPENS_AFTER = 1
        offer = refreshed(station())
        peer = offer.party.connection
        near(told)
        circuits.failed(Partner(PartnerKind.CPO, str(peer.pk), peer.name), "no answer")

        assert [statuses for _, statuses in near(told)] == [["UNKNOWN"]]

    def test_another_wording_is_written_anew(self, told):
        refreshed(station())
        near(told)

        other = Written(number=2)
        assert near(other) == near(other)
        assert (told.count, other.count) == (1, 1)

    def test_nearest_first_within_the_radius(self, told):
        far, close, outside = (at(place) for place in (("28.58", "77.25"), ("28.56", "77.25"), ("28.65", "77.25")))
        for location in (far, close, outside):
            station(location=location)
        offers.refresh([far.pk, close.pk, outside.pk])

        for _ in range(2):
            assert [found.location_id for found in stations_near(HERE, told.wording)] == [close.pk, far.pk]

    def test_evses_with_points_of_their_own_come_apart(self, told):
        location = at(("28.55", "77.25"))
        here = EvseFactory(location=location)
        there = EvseFactory(location=location, latitude=Decimal("28.57"), longitude=Decimal("77.25"))
        connectors = [station(location=location, evse=evse) for evse in (here, there)]
        offers.refresh([location.pk])

        for _ in range(2):
            assert [text for text, _ in near(told)] == [f"{one.ocpi_id}:18.0000" for one in connectors]
        assert told.count == 2


class TestVoid:
    """Each change of an offer that is told, but for its status."""

    @pytest.fixture
    def offer(self, told):
        offer = refreshed(station())
        near(told)
        return offer

    def texts(self, told):
        return [text for text, _ in near(told)]

    def test_a_new_price(self, told, offer):
        tariff = offer.tariff
        raw = tariff.raw | {
            "elements": [{"price_components": [component("ENERGY", 20)]}], "last_updated": LATER, "country_code": "IN",
            "party_id": tariff.party.party_id,
        }  # fmt: skip
        store_tariff(tariff.party, tariff.ocpi_id, raw, received_at=timezone.now())
        offers.refresh_for_tariffs([tariff.pk])

        assert self.texts(told) == [f"{offer.connector_ocpi_id}:20.0000"]

    def test_a_connector_that_comes_and_one_that_goes(self, told, offer):
        second = station(location=offer.location, evse=offer.evse)
        offers.refresh([offer.location_id])
        assert self.texts(told) == [f"{offer.connector_ocpi_id}:18.0000 {second.ocpi_id}:18.0000"]

        second.removed = True
        second.save()
        offers.refresh([offer.location_id])
        assert self.texts(told) == [f"{offer.connector_ocpi_id}:18.0000"]

    def test_a_status_that_hides_and_one_that_shows(self, told, offer):
        for status, shown in (("REMOVED", []), ("AVAILABLE", [f"{offer.connector_ocpi_id}:18.0000"])):
            Evse.objects.update(status=status)
            offers.refresh([offer.location_id])
            assert self.texts(told) == shown

    def test_a_party_that_is_switched_off_and_on(self, told, offer):
        party = offer.party
        for active, shown in ((False, []), (True, [f"{offer.connector_ocpi_id}:18.0000"])):
            party.active = active
            party.save()
            assert self.texts(told) == shown
            assert StationText.objects.count() == len(shown)

    def test_a_move(self, told, offer):
        location = offer.location
        location.latitude = Decimal("28.56")
        location.save()
        offers.refresh([location.pk])

        assert self.texts(told) == [f"{offer.connector_ocpi_id}:18.0000"]
        assert row().point == (Decimal("28.56"), location.longitude)

    def test_a_price_book_that_is_published(self, told, offer):
        published({"kind": "MARKUP", "markup_percent": "10"})
        assert self.texts(told) == [f"{offer.connector_ocpi_id}:19.8000"]
        published({"kind": "MARKUP", "markup_percent": "50"})
        assert self.texts(told) == [f"{offer.connector_ocpi_id}:27.0000"]
        assert row().stamp == stations.WORDINGS + 2

    def test_the_prices_of_a_book_that_is_not_in_force_yet_make_nothing_void(self, told, offer, monkeypatch):
        monkeypatch.setattr("catalog.services.price_book.wake", lambda task: None)
        price_book.publish(draft({"kind": "MARKUP", "markup_percent": "10"}), by=staff())
        price_book._publish_chunk()

        assert Offer.objects.get().energy_price_odd == Decimal("19.8")
        assert row().stamp == stations.WORDINGS
        assert self.texts(told) == [f"{offer.connector_ocpi_id}:18.0000"]
        assert told.count == 1

    def test_a_location_that_is_deleted(self, told, offer):
        offer.location.delete()

        assert self.texts(told) == []
        assert not StationText.objects.exists()


class TestNotKept:
    """A text is kept only if what it was made of still holds."""

    def test_what_became_void_while_it_was_written_is_written_again(self, told):
        offer = refreshed(station())

        def write(found):
            station_texts.void([offer.location_id])
            return "old"

        stations_near(HERE, Wording(1, write))

        assert (row().text, row().stamp, row().version) == ("", None, 1)
        assert near(told) == [(f"{offer.connector_ocpi_id}:18.0000", ["AVAILABLE"])]

    def test_a_row_that_somebody_has_in_hand_is_left_alone(self, told, django_db_blocker):
        refreshed(station())
        given = row()
        StationText.objects.update(version=F("version") + 1)

        assert station_texts.write([given], told.wording)[given.pk].text
        assert (row().text, row().stamp) == ("", None)

    def test_a_station_with_very_many_offers_is_told_with_those_that_are_free(self, told):
        location = at(("28.55", "77.25"))
        made = [EvseFactory(location=location, status="CHARGING") for _ in range(40)]
        made.append(EvseFactory(location=location))
        connectors = [station(location=location, evse=evse) for evse in made]
        offers.refresh([location.pk])

        for count in (1, 2):
            ((text, statuses),) = near(told)
            assert text.split()[-1] == f"{connectors[-1].ocpi_id}:18.0000"
            assert (len(text.split()), statuses.count("AVAILABLE"), told.count) == (40, 1, count)
        assert list(station_texts.write_due(told.wording)) == []


class TestOtherWays:
    """Where texts do not say it, the offers do."""

    @pytest.mark.parametrize(
        "more", [{"connector_standards": frozenset({"CHADEMO"})}, {"text": "Ring Road"}, {"available_only": True}]
    )
    def test_a_wish_for_more_than_a_place(self, told, more):
        location = at(("28.55", "77.25"), address="1 Ring Road")
        evse = EvseFactory(location=location)
        wanted = station(location=location, evse=evse, standard="CHADEMO")
        station(location=location, evse=EvseFactory(location=location, status="CHARGING"))
        offers.refresh([location.pk])
        near(told)

        ((text, _),) = near(told, SearchWish(latitude=HERE.latitude, longitude=HERE.longitude, **more))

        expected = 2 if "text" in more else 1
        assert (text.split()[0], len(text.split())) == (f"{wanted.ocpi_id}:18.0000", expected)

    def test_an_app_with_prices_of_its_own(self, told):
        offer = refreshed(station())
        published({"kind": "MARKUP", "markup_percent": "10", "sold_through": "its.app"})
        wish = SearchWish(latitude=HERE.latitude, longitude=HERE.longitude, sold_through="its.app")

        assert near(told) == [(f"{offer.connector_ocpi_id}:18.0000", ["AVAILABLE"])]
        assert near(told, wish) == [(f"{offer.connector_ocpi_id}:19.8000", ["AVAILABLE"])]

    def test_behind_the_180th_meridian(self, told):
        location = at(("0", "-179.99"))
        connector = station(location=location)
        # Nearer in degrees, and as many as the index is asked for.
        this_side = [at(("0", place)) for place in ("179.92", "179.93")]
        for farther in this_side:
            station(location=farther)
        offers.refresh([location.pk, *(farther.pk for farther in this_side)])
        wish = SearchWish(latitude=Decimal(0), longitude=Decimal("179.99"), limit_locations=1)

        assert [text for text, _ in near(told, wish)] == [f"{connector.ocpi_id}:18.0000"]

    def test_where_the_index_may_have_missed_a_neighbour(self, told):
        """At 60° north it hands out those to the north before nearer ones to the east."""
        party, made = PartyFactory(), []
        for n in range(30):
            made.append(at((str(Decimal(60) + Decimal(100 + n) / 10_000), "25"), party=party))  # from 1112 m on
        east = [at(("60", str(Decimal(25) + Decimal(150 + n) / 10_000)), party=party) for n in range(3)]  # from 834 m on
        for location in (*made, *east):
            station(location=location)
        offers.refresh([location.pk for location in (*made, *east)])
        wish = SearchWish(latitude=Decimal(60), longitude=Decimal(25), limit_locations=3)

        assert [found.location_id for found in stations_near(wish, told.wording)] == [one.pk for one in east]


class TestInTheBackground:
    def test_what_nobody_searched_is_written(self, told):
        for place in (("10", "10"), ("20", "20")):
            location = at(place)
            station(location=location)
            offers.refresh([location.pk])
        assert station_texts.count_due(told.wording) == 2

        assert list(station_texts.write_due(told.wording)) == [2]

        assert station_texts.count_due(told.wording) == told.count - 2 == 0
        assert list(station_texts.write_due(told.wording)) == []

    def test_after_a_publication_too(self, told):
        offer = refreshed(station())
        list(station_texts.write_due(told.wording))
        published({"kind": "MARKUP", "markup_percent": "10"})

        assert list(station_texts.write_due(told.wording)) == [1]
        assert row().text == f"{offer.connector_ocpi_id}:19.8000"

    def test_what_an_earlier_release_left_is_mended(self, told):
        offer = refreshed(station())
        near(told)
        assert station_texts.mend() == 0

        StationText.objects.update(evse_ids=[0])
        assert station_texts.mend() == 1
        assert row().evse_ids == [offer.evse_id]
        StationText.objects.all().delete()
        assert station_texts.mend() == 1
        assert [text for text, _ in near(told)] == [f"{offer.connector_ocpi_id}:18.0000"]
        Offer.objects.update(listed=False)
        assert station_texts.mend() == 1
        assert not StationText.objects.exists()

    def test_the_command_writes_all_that_is_due(self, capsys):
        refreshed(station())
        StationText.objects.all().delete()

        call_command("station_texts")
        assert capsys.readouterr().out == "1 written, 1 of them because they did not fit their offers\n"
        call_command("station_texts")
        assert capsys.readouterr().out == "0 written, 0 of them because they did not fit their offers\n"
        call_command("station_texts", anew=True)
        assert capsys.readouterr().out == "1 written, 0 of them because they did not fit their offers\n"
