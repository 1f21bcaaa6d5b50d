"""Feed adapters: what one CPO sends comes to OCPI's form at both doors, in lists and in pushes (ocpi.md T25, T41, T47)."""

import json

import pytest
from django.utils import timezone

from catalog.models import Offer
from ocpi.client import OcpiClient, PeerError
from ocpi.feeds import ADAPTERS, adapter
from ocpi.feeds.foreign_lists import in_envelope
from ocpi.models import Connection, Connector, Location, Tariff
from ocpi.services import locations, pulls
from tests.factories.ocpi import connector_body, evse_body, location_body, tariff_body
from tests.ocpi.conftest import at
from tests.ocpi.cpo import BASE, envelope, location, make_party
from tests.shared import fixture

URL = "https://cpo.example/feed?size=2"
PAGES = [location(f"L{number}") for number in range(1, 6)]


def no_sleep(seconds):
    """Time does not pass in tests."""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"items": [1], "next": "https://cpo.example/feed?after=1"}, ([1], "https://cpo.example/feed?after=1")),
        ({"items": [1], "next": None}, ([1], None)),
        ({"items": [], "next": ""}, ([], None)),
        ({"locations": [1]}, ([1], None)),
        ({"data": {"tariffs": [1]}}, ([1], None)),
        ({"results": [1], "next": "/feed?page=2"}, ([1], "/feed?page=2")),
        (
            {"content": [1], "number": 0, "last": False, "totalElements": 3},
            ([1], "https://cpo.example/feed?size=2&page=1"),
        ),
        ({"content": [1], "number": 2, "last": True}, ([1], None)),
        ({"content": [1], "number": "x", "last": False}, ([1], None)),
        ({"result": "ACCEPTED"}, None),
        ({"items": {}}, None),
        ({"data": [1]}, None),
        ("text", None),
        (None, None),
    ],
)
def test_lists_of_feeds_are_found_with_their_next_page(body, found):
    assert in_envelope(body, URL) == found


@pytest.mark.django_db
class TestForeignLists:
    @pytest.fixture
    def party(self):
        return make_party(feed_adapter="foreign_lists")

    def test_pages_of_items_are_read_to_their_end(self, network, party):
        def answer(request):
            begin = int(request.params.get("after", 0))
            following = f"http://internal/ocpi/cpo/2.2.1/locations?after={begin + 2}" if begin < 4 else None
            return 200, {}, json.dumps({"items": PAGES[begin : begin + 2], "next": following})

        network.add_callback("GET", f"{BASE}/locations", answer)

        report = pulls.pull_module(party.connection, "locations", sleep=no_sleep)

        assert (report.error, report.objects, report.stored) == ("", 5, 5)
        assert sorted(Location.objects.values_list("ocpi_id", flat=True)) == ["L1", "L2", "L3", "L4", "L5"]
        assert {call.request.url.split("/ocpi")[0] for call in network.calls} == {"https://cpo.example"}

    def test_spring_pages_are_read_to_their_end(self, network, party):
        def answer(request):
            number = int(request.params.get("page", 0))
            rows = PAGES[number * 2 : number * 2 + 2]
            return 200, {}, json.dumps({"content": rows, "number": number, "last": number == 2})

        network.add_callback("GET", f"{BASE}/locations", answer)

        assert pulls.pull_module(party.connection, "locations", sleep=no_sleep).stored == 5

    def test_what_is_ocpi_stays_ocpi(self, network, party):
        network.get(f"{BASE}/locations", json=envelope(code=2001), status=200)

        report = pulls.pull_module(party.connection, "locations", sleep=no_sleep)

        assert (report.error, report.objects) == ("status_code 2001: said", 0)

    def test_the_standard_path_refuses_them(self, network):
        network.get(f"{BASE}/locations", json={"items": PAGES})

        report = pulls.pull_module(make_party().connection, "locations", sleep=no_sleep)

        assert (report.error, report.stored) == ("its answer has no OCPI envelope", 0)

    @pytest.mark.parametrize("body", ["<html>", "", '{"items": ["\\ud800"], "next": "a\\u0000b> <c"}'])
    def test_nonsense_is_no_crash(self, network, party, body):
        network.get(f"{BASE}/locations", body=body)

        assert pulls.pull_module(party.connection, "locations", sleep=no_sleep).stored == 0


def power_of(connectors=Connector.objects):
    return connectors.values_list("max_electric_power_w", flat=True).get()


class TestPowerInKw:
    @pytest.mark.parametrize(
        ("given", "watts"),
        [(22, 22_000), (7.4, 7_400), ("50", 50_000), (60_000, 60_000), (1000, 1000), (0, 0), (None, None), ("x", "x"),
         ("NaN", "NaN"), ("sNaN", "sNaN"), ("Infinity", "Infinity"), ([7], [7])],
    )
    def test_kilowatts_become_watts_once(self, given, watts):
        translate = adapter("power_in_kw").translate
        once = translate("locations", location_body(evses=[evse_body(connectors=[{"max_electric_power": given}])]))

        assert once["evses"][0]["connectors"][0]["max_electric_power"] == watts
        assert translate("locations", once) == once
        assert translate("sessions", {"max_electric_power": given}) == {"max_electric_power": given}

    def test_pushes_of_all_levels_are_translated(self, cpo):
        Connection.objects.update(feed_adapter="power_in_kw")
        kw = {"max_electric_power": 60}
        place = location_body(evses=[evse_body(connectors=[connector_body(**kw)])])

        assert cpo.put(at("locations", "LOC-1"), place).said == (201, 1000)
        assert power_of() == 60_000
        newer = {"last_updated": "2026-03-02T00:00:00Z"}
        assert cpo.patch(at("locations", "LOC-1", "EVSE-1", "1"), {"max_electric_power": 30} | newer).code == 1000
        assert power_of() == 30_000

    @pytest.mark.django_db
    def test_pulls_and_single_objects_are_translated(self, network):
        party = make_party(feed_adapter="power_in_kw")
        kw = location("L1")
        kw["evses"][0]["connectors"][0]["max_electric_power"] = 11
        network.get(f"{BASE}/locations", json=envelope([kw]), headers={"X-Total-Count": "1"})
        network.get(f"{BASE}/locations/L1", json=envelope(kw))

        assert pulls.pull_module(party.connection, "locations", sleep=no_sleep).stored == 1
        assert power_of() == 11_000
        found = OcpiClient(party.connection).get_object("locations", "L1")
        assert found["evses"][0]["connectors"][0]["max_electric_power"] == 11_000


class TestUndatedTariffs:
    @pytest.mark.django_db
    def test_a_real_operators_lists_have_prices_though_both_tariffs_ended_in_2024(self, network):
        """Thunder+: without the adapter none of its six connectors has one."""
        party = make_party(feed_adapter="undated_tariffs", party_id="THP")
        listed = {name: fixture(f"ocpi/thp/thp_{name}.json") for name in ("tariffs", "locations")}
        for name, body in listed.items():
            network.get(f"{BASE}/{name}", json=body, headers={"X-Total-Count": str(len(body["data"]))})

        for name in listed:
            assert pulls.pull_module(party.connection, name, sleep=no_sleep).error == ""

        prices = Offer.objects.order_by("pk").values_list("energy_price", flat=True)
        assert [str(price) for price in prices] == ["12.6000"] * 2 + ["23.6000"] * 4

    def test_a_push_is_translated_and_a_cdr_is_not(self, cpo):
        Connection.objects.update(feed_adapter="undated_tariffs")
        ended = tariff_body(end_date_time="2024-05-20T06:30:43Z")

        assert cpo.put(at("tariffs", "T-1"), ended).said == (201, 1000)

        assert "end_date_time" not in Tariff.objects.get().raw
        assert adapter("undated_tariffs").translate("cdrs", {"tariffs": [ended]}) == {"tariffs": [ended]}
        assert adapter("undated_tariffs").translate("tariffs", [ended, "x"]) == [tariff_body(), "x"]


def test_a_name_that_is_no_longer_known_changes_nothing():
    assert adapter("of-yesterday") is ADAPTERS[""]


@pytest.mark.django_db
def test_a_peer_that_is_not_adapted_is_told_of_as_ever(network):
    party = make_party(feed_adapter="foreign_lists")
    network.get(f"{BASE}/locations/A", status=404, json={"items": []})

    with pytest.raises(PeerError, match="HTTP 404"):
        OcpiClient(party.connection).get_object("locations", "A")

    locations.store_locations(party, PAGES[:1], received_at=timezone.now())
    assert Location.objects.count() == 1
