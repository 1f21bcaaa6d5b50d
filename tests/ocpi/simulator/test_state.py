"""What survives a restart, and the stations and tariffs themselves."""

import json
import re
import stat
import threading
from datetime import timedelta
from decimal import Decimal

import pytest

from ocpi.simulator import stations, tariffs
from ocpi.simulator.clock import WallClock
from ocpi.simulator.feed import FeedError, load
from ocpi.simulator.network import Party
from ocpi.simulator.pricing import check
from ocpi.simulator.store import StateError, Store
from tests.ocpi.simulator.stage import TOKEN_A
from tests.shared import shared_path

HUB, BAY = "SIM-DEL-001", "SIM-DEL-001-3"


@pytest.fixture
def state(tmp_path):
    return tmp_path / "deep" / "simulator.json"


def restart(make_box, box, state):
    """Another process with the same file; its background work is not the first one's."""
    box.cpo.store.save()
    box.clock._queue.clear()
    again = make_box(state=state, base_url=box.base)
    again.token = box.token
    return again


def test_a_registration_survives_and_token_a_stays_spent(make_box, state):
    box = make_box(state=state).register()
    again = restart(make_box, box, state)

    assert again.get("2.2.1/tariffs").status_code == 200
    assert again.get("versions", token=TOKEN_A).status_code == 401


def test_a_new_token_a_opens_the_door_again(make_box, state):
    box = make_box(state=state).register()
    box.cpo.store.save()
    again = make_box(state=state, token_a="another-token-a")

    assert again.get("versions", token="another-token-a").status_code == 200
    assert again.get("2.2.1/tariffs", token=box.token).status_code == 200


def test_the_state_file_is_private_and_holds_token_a(make_box, state):
    make_box(state=state)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert json.loads(state.read_text())["token_a"] == TOKEN_A
    assert [path.name for path in state.parent.iterdir()] == ["simulator.json"]


def test_a_charge_goes_on_where_it_was(make_box, state, clock, emsp):
    box = make_box(state=state).register()
    box.start(HUB, BAY)
    clock.advance(1.5 + 3)
    again = restart(make_box, box, state)
    clock.advance(3)

    assert again.status(HUB, BAY) == "CHARGING"
    (session,) = again.sessions()
    assert (session["status"], session["kwh"]) == ("ACTIVE", 5)
    again.control(stop=session["id"])
    clock.advance(2)
    assert again.cdrs()[0]["total_energy"] == 5


def test_while_it_is_down_simulated_time_stands_still(make_box, state, clock):
    box = make_box(state=state).register()
    box.start(HUB, BAY)
    clock.advance(1.5 + 3)
    box.cpo.store.save()
    clock._queue.clear()
    clock.advance(3600)
    again = restart(make_box, box, state)
    clock.advance(3)
    assert again.sessions()[0]["kwh"] == 5


def test_a_reservation_still_expires_and_a_cdr_is_still_made(make_box, state, clock):
    box = make_box(state=state).register()
    box.reserve(HUB, BAY, minutes=15)
    box.start(HUB, "SIM-DEL-001-2")
    clock.advance(10)
    box.control(stop=box.sessions()[-1]["id"])
    again = restart(make_box, box, state)
    assert (again.cdrs(), again.status(HUB, BAY)) == ([], "RESERVED")
    clock.advance(15 * 60)

    assert (len(again.cdrs()), again.status(HUB, BAY)) == (1, "AVAILABLE")


def test_what_had_not_reached_the_emsp_is_told_after_the_restart(make_box, state, clock, emsp):
    box = make_box(state=state).register()
    emsp.answers["/cdrs"] = [(500, {})] * 3
    box.start(HUB, BAY)
    clock.advance(5)
    box.control(stop=box.sessions()[0]["id"])
    clock.advance(1)
    record = box.cdrs()[0]
    emsp.answers.clear()
    emsp.seen.clear()
    restart(make_box, box, state)
    clock.settle()

    assert emsp.got("POST", "/cdrs") == [record]


def test_a_charge_at_a_station_that_is_gone_is_dropped(make_box, state, clock):
    box = make_box(state=state).register()
    box.start(HUB, BAY)
    box.reserve("SIM-DEL-024", "SIM-DEL-024-1")
    clock.advance(5)
    box.cpo.store.save()
    clock._queue.clear()
    other = stations.generated("IN", "SIM", "X")[40:]
    again = make_box(state=state, locations=other)
    clock.advance(3600)
    assert again.cpo.store.state.charges == {}
    assert not any(row.live for row in again.cpo.store.state.reservations.values())


def test_a_damaged_state_file_is_kept_and_named(state, clock):
    state.parent.mkdir()
    state.write_text("{not json")
    with pytest.raises(StateError, match=r"simulator\.json is damaged"):
        Store(state, clock)
    assert state.read_text() == "{not json"


def test_a_state_file_that_cannot_be_written_is_one_line(tmp_path, clock, caplog):
    (tmp_path / "file").write_text("")
    store = Store(None, clock)
    store._path = tmp_path / "file" / "simulator.json"
    store.save_soon()
    store.save_soon()
    clock.advance(1)
    assert [row.getMessage() for row in caplog.records] == [
        f"cannot write the state file {store._path}: File exists"
    ]
    assert caplog.records[0].exc_info is None


def test_last_updated_never_repeats(clock):
    store = Store(None, clock)
    assert [store.stamp() for _ in range(2)] == ["2026-03-02T09:00:00.000Z", "2026-03-02T09:00:00.001Z"]


def test_the_generated_stations_keep_the_limits_of_ocpi():
    made = stations.generated("IN", "SIM", "Operator")
    assert made == stations.generated("IN", "SIM", "Operator")
    assert (len(made), len({row["id"] for row in made})) == (60, 60)
    uids = [evse["uid"] for row in made for evse in row["evses"]]
    assert (len(uids), len(set(uids))) == (194, 194)
    known = {row["id"] for row in tariffs.generated("IN", "SIM")}
    used = set()
    for row in made:
        assert (len(row["address"]) <= 45, len(row["city"]) <= 45, len(row["postal_code"])) == (True, True, 6)
        assert re.fullmatch(r"\d\d\.\d{5}", row["coordinates"]["latitude"])
        assert re.fullmatch(r"77\.\d{5}", row["coordinates"]["longitude"])
        low, high = (28.4, 28.8) if row["city"] == "Delhi" else (12.8, 13.3)
        assert low < float(row["coordinates"]["latitude"]) < high
        for evse in row["evses"]:
            assert re.fullmatch(r"IN\*SIM\*E[A-Z0-9]+\*\d", evse["evse_id"])
            for connector in evse["connectors"]:
                used |= set(connector["tariff_ids"])
                phases = 3 if connector["power_type"] == "AC_3_PHASE" else 1
                possible_w = connector["max_voltage"] * connector["max_amperage"] * phases
                assert connector["max_electric_power"] <= possible_w * 1.01
    assert used == known


def test_the_stations_offer_every_kind_of_plug():
    plugs = {
        (connector["standard"], connector["max_electric_power"])
        for row in stations.generated("IN", "SIM", "Operator")
        for evse in row["evses"]
        for connector in evse["connectors"]
    }
    assert plugs == {
        ("IEC_62196_T2", 7_400),
        ("IEC_62196_T2", 22_000),
        ("IEC_62196_T2_COMBO", 30_000),
        ("IEC_62196_T2_COMBO", 60_000),
        ("IEC_62196_T2_COMBO", 120_000),
        ("IEC_62196_T2_COMBO", 150_000),
        ("CHADEMO", 50_000),
        ("IEC_60309_2_single_16", 3_300),
        ("GBT_DC", 15_000),
    }


def test_the_generated_tariffs_carry_18_percent_vat_and_can_be_computed_with():
    for row in tariffs.generated("IN", "SIM"):
        check(row)
        for element in row["elements"]:
            assert [part["vat"] for part in element["price_components"]] == [18] * len(
                element["price_components"]
            )


def test_a_real_operators_files_take_the_place_of_the_generated_ones(make_box, clock):
    locations = load(shared_path("reference/fixtures/ocpi/thp/thp_locations.json"))
    its_tariffs = load(shared_path("reference/fixtures/ocpi/thp/thp_tariffs.json"))
    box = make_box(locations=locations, tariffs=its_tariffs, party=Party("IN", "THP")).register()

    (location,) = box.data("2.2.1/locations")
    assert (location["id"], location["party_id"], len(location["evses"])) == (
        "HrKNUxJ9Ara6AL6PaUlF",
        "THP",
        6,
    )
    assert [row["party_id"] for row in box.data("2.2.1/credentials")["roles"]] == ["THP"]
    box.start(location["id"], "v5bXyAlSr8G6lvUAN1A_2")  # its status is UNKNOWN
    clock.advance(1.5 + 3)
    box.control(stop=box.sessions()[0]["id"])
    clock.advance(2)
    (record,) = box.cdrs()
    # 7.2 kW for 180 s = 0.36 kWh x 12 = 4.32, + 5 % = 4.536
    assert record["total_cost"] == {"excl_vat": Decimal("4.32"), "incl_vat": Decimal("4.536")}
    assert (record["party_id"], record["cdr_location"]["evse_uid"]) == ("THP", "v5bXyAlSr8G6lvUAN1A_2")


def test_a_file_with_the_gaps_of_real_data_still_charges(make_box, clock):
    plug = {
        "id": 1,
        "max_voltage": 230,
        "max_amperage": 32,
        "power_type": "AC_3_PHASE",
        "tariff_ids": ["T", 7],
    }
    location = {
        "id": "L1",
        "evses": [{"uid": "no-plug"}, {"uid": 5, "connectors": [plug]}],
        "last_updated": "lately",
    }
    broken = {"id": "T", "currency": "INR", "elements": [{"price_components": [{"type": "ENERGY"}]}]}
    box = make_box(locations=[location], tariffs=[broken]).register()

    assert box.data("2.2.1/locations")[0]["evses"] == location["evses"], "served as it is"
    assert box.data("2.2.1/locations?date_from=2020-01-01T00:00:00Z") == []
    assert box.http.get(box.base, timeout=5).status_code == 200
    box.start("L1", "5")
    clock.advance(1.5 + 3)
    box.control(stop=box.sessions()[0]["id"])
    clock.advance(2)
    (record,) = box.cdrs()
    assert (record["total_energy"], record["total_cost"]["excl_vat"]) == (Decimal("0.36"), 0)
    assert (record["cdr_location"]["evse_uid"], record["cdr_location"]["connector_standard"]) == ("5", "#NA")


@pytest.mark.parametrize(
    "content",
    [
        [{"id": "L1"}],
        {"data": [{"id": "L1"}], "status_code": 1000},
        {"response": {"body": {"data": [{"id": "L1"}]}}},
        {"id": "L1"},
    ],
)
def test_files_are_read_in_any_wrapping(tmp_path, content):
    (tmp_path / "file.json").write_text(json.dumps(content))
    assert load(tmp_path / "file.json") == [{"id": "L1"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "not JSON"), ('[{"name": "x"}]', "object 0 has no id"), ("[7]", "object 0")],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, content, message):
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(FeedError, match=message):
        load(tmp_path / "file.json")
    with pytest.raises(FeedError, match="No such file"):
        load(tmp_path / "none.json")


def test_the_page_shows_stations_sessions_faults_and_calls(registered, clock):
    registered.control(fault={"kind": "slow", "path": "<b>", "times": 3})
    registered.start(HUB, BAY)
    clock.advance(5)
    answer = registered.http.get(registered.base, timeout=5)

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = answer.text
    assert "Registered with IN-EMS." in page
    assert "Connaught Place Fast Charging Hub" in page
    assert '<span class="ACTIVE">ACTIVE</span>' in page
    assert "&lt;b&gt;" in page and "3 more" in page
    assert "/ocpi/cpo/2.2.1/commands/START_SESSION" in page
    assert "/callback/012345…</code>" in page, "response URLs are secrets"
    for secret in (registered.token, "token-b-of-the-tests", "DRIVER0001"):
        assert secret not in page


def test_the_wall_clock_runs_what_is_due_in_order_and_survives_a_defect(caplog):
    clock, done, ran = WallClock(workers=1), threading.Event(), []
    clock.later(0.02, done.set)
    clock.later(0.01, lambda: ran.append("second"))
    clock.later(0, lambda: ran.append(1 / 0))
    assert done.wait(5)
    clock.stop()

    assert ran == ["second"]
    assert clock.now().utcoffset() == timedelta(0)
    assert [row.getMessage() for row in caplog.records] == ["a background action failed"]
