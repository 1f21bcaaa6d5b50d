"""A charge from the plug to the CDR, priced by hand for every kind of tariff."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.ocpi.simulator.stage import START

D = Decimal
# DRIVER0001 drives the car of 40.5 kWh that takes 50 kW DC and 7.2 kW AC. One real second is 60 simulated ones.
TO_ACTIVE_S = 1.5
TICK_S = 3


def charge(box, location_id, evse_uid, *, ticks, **more):
    """Start, let so many reports go by, stop (half a second later, which is 30 simulated ones), be billed."""
    box.start(location_id, evse_uid, **more)
    box.clock.advance(TO_ACTIVE_S)
    box.clock.advance(TICK_S * ticks)
    box.command("STOP_SESSION", session_id=box.sessions()[-1]["id"])
    box.clock.advance(2)
    return box.cdrs()[-1]


def volumes(record, index=0):
    period = record["charging_periods"][index]
    return {row["type"]: row["volume"] for row in period["dimensions"]}


def price(excl_vat, incl_vat):
    return {"excl_vat": D(excl_vat), "incl_vat": D(incl_vat)}


def test_the_session_is_patched_as_it_charges(registered, emsp, clock):
    registered.start("SIM-DEL-001", "SIM-DEL-001-3")
    clock.advance(TO_ACTIVE_S)
    charges = registered.cpo.store.state.charges
    (running,) = charges.values()
    running.soc_percent = D(20)
    emsp.seen.clear()
    clock.advance(TICK_S)

    (patch,) = emsp.got("PATCH", "/sessions/IN/SIM/")
    assert patch == {
        "kwh": D("2.5"),  # 50 kW for 180 s
        "total_cost": price("52.5", "61.95"),
        "charging_periods": [
            {
                "start_date_time": "2026-03-02T09:00:01Z",
                "dimensions": [
                    {"type": "ENERGY", "volume": D("2.5")},
                    {"type": "TIME", "volume": D("0.05")},
                    {"type": "POWER", "volume": 50},
                    {"type": "STATE_OF_CHARGE", "volume": D("26.2")},
                ],
                "tariff_id": "DC-FLAT",
            }
        ],
        "last_updated": "2026-03-02T09:00:04.500Z",
    }
    clock.advance(TICK_S)
    second = emsp.got("PATCH", "/sessions/IN/SIM/")[-1]
    assert (second["kwh"], len(second["charging_periods"])) == (5, 1)
    assert second["charging_periods"][0]["start_date_time"] == "2026-03-02T09:03:01Z"
    assert len(registered.sessions()[0]["charging_periods"]) == 2


def test_the_end_is_told_in_order_session_evse_cdr(registered, emsp, clock):
    record = charge(registered, "SIM-DEL-001", "SIM-DEL-001-3", ticks=2)

    last = [(row.method, row.path.removeprefix("/emsp/2.2.1/")) for row in emsp.seen[-4:]]
    session_id = record["session_id"]
    assert sorted(last[:3]) == [
        ("PATCH", "locations/IN/SIM/SIM-DEL-001/SIM-DEL-001-3"),
        ("PATCH", f"sessions/IN/SIM/{session_id}"),
        ("POST", "commands/STOP_SESSION/callback/0123456789abcdef0123456789abcdef"),
    ]
    assert last[3] == ("POST", "cdrs")
    completed = emsp.got("PATCH", f"/sessions/IN/SIM/{session_id}")[-1]
    assert (completed["status"], completed["kwh"]) == ("COMPLETED", D("5.417"))
    assert completed["end_date_time"] == "2026-03-02T09:06:31Z", "in simulated time, ahead of the wall clock"
    assert completed["last_updated"].startswith("2026-03-02T09:00:08"), "in real time"
    assert registered.status("SIM-DEL-001", "SIM-DEL-001-3") == "AVAILABLE"
    assert emsp.got("POST", "/cdrs") == [record]


def test_a_flat_price(registered):
    record = charge(registered, "SIM-DEL-001", "SIM-DEL-001-3", ticks=2)

    assert (record["start_date_time"], record["end_date_time"]) == (
        "2026-03-02T09:00:01Z",
        "2026-03-02T09:06:31Z",
    )
    # 2.5 + 2.5 + 0.417 kWh in 390 s, one period because nothing changes the price
    assert len(record["charging_periods"]) == 1
    assert volumes(record) == {"ENERGY": D("5.417"), "TIME": D("0.1083")}
    assert (record["total_energy"], record["total_time"]) == (D("5.417"), D("0.1083"))
    # 5.417 kWh x 21.00 = 113.757, + 18 % = 134.23326
    assert record["total_cost"] == record["total_energy_cost"] == price("113.757", "134.2333")
    assert not {"total_time_cost", "total_parking_cost", "total_fixed_cost"} & record.keys()
    assert (record["authorization_reference"], record["auth_method"]) == ("ORDER-1", "COMMAND")
    assert record["cdr_token"]["uid"] == "DRIVER0001"
    assert [row["id"] for row in record["tariffs"]] == ["DC-FLAT"]
    assert record["cdr_location"] == {
        "id": "SIM-DEL-001",
        "name": "Connaught Place Fast Charging Hub",
        "address": "Inner Circle",
        "city": "Delhi",
        "postal_code": "110001",
        "state": "Delhi",
        "country": "IND",
        "coordinates": {"latitude": "28.63150", "longitude": "77.21670"},
        "evse_uid": "SIM-DEL-001-3",
        "evse_id": "IN*SIM*EDEL001*3",
        "connector_id": "1",
        "connector_standard": "IEC_62196_T2_COMBO",
        "connector_format": "CABLE",
        "connector_power_type": "DC",
    }


def test_an_alternating_current_price(registered):
    record = charge(registered, "SIM-DEL-002", "SIM-DEL-002-1", ticks=2)
    # 7.2 kW for 390 s: 0.36 + 0.36 + 0.06 = 0.78 kWh x 16.00 = 12.48, + 18 % = 14.7264
    assert (record["total_energy"], record["total_cost"]) == (D("0.78"), price("12.48", "14.7264"))


@pytest.fixture
def evening(clock, registered):
    """Five simulated minutes of charging before 22:00 in Delhi, when the session becomes active."""
    clock.advance((datetime(2026, 3, 2, 16, 24, 58, 500_000, tzinfo=UTC) - START).total_seconds())
    return registered


def test_a_price_by_time_of_day(evening):
    record = charge(evening, "SIM-DEL-001", "SIM-DEL-001-1", ticks=4)

    assert [row["start_date_time"] for row in record["charging_periods"]] == [
        "2026-03-02T16:25:00Z",
        "2026-03-02T16:30:00Z",
    ]
    # 50 kW: 300 s by day = 4.167 kWh, 450 s by night = 6.25 kWh
    assert volumes(record, 0) == {"ENERGY": D("4.167"), "TIME": D("0.0833")}
    assert volumes(record, 1) == {"ENERGY": D("6.25"), "TIME": D("0.125")}
    # 4.167 x 19.50 + 6.25 x 14.50 = 171.8815, + 18 % = 202.82017
    assert record["total_cost"] == price("171.8815", "202.8202")


def limit_battery(box, full_kwh):
    (running,) = [row for row in box.cpo.store.state.charges.values() if not row.ended]
    running.full_kwh = running.taper_kwh = D(full_kwh)


def test_a_parking_fee_counts_from_the_full_battery_in_steps_of_five_minutes(registered, clock):
    registered.start("SIM-DEL-006", "SIM-DEL-006-3")
    clock.advance(TO_ACTIVE_S)
    limit_battery(registered, 5)
    clock.advance(TICK_S * 4)
    session = registered.sessions()[0]
    assert session["kwh"] == 5
    registered.command("STOP_SESSION", session_id=session["id"])
    clock.advance(2)
    (record,) = registered.cdrs()

    # 5 kWh at 50 kW take 360 s; then 390 s of parking, billed as 600 s
    assert volumes(record, 0) == {"ENERGY": 5, "TIME": D("0.1")}
    assert volumes(record, 1) == {"PARKING_TIME": D("0.1083")}
    assert record["total_energy_cost"] == price("90", "106.2")
    assert record["total_parking_cost"] == price("10", "11.8")
    assert record["total_cost"] == price("100", "118")
    assert (record["total_parking_time"], record["total_time"]) == (D("0.1083"), D("0.2083"))


def test_a_full_battery_ends_the_session_by_itself(registered, emsp, clock):
    registered.start("SIM-DEL-006", "SIM-DEL-006-3")
    clock.advance(TO_ACTIVE_S)
    limit_battery(registered, 5)
    clock.advance(TICK_S * 6)
    assert registered.status("SIM-DEL-006", "SIM-DEL-006-3") == "CHARGING"
    clock.advance(TICK_S + 1)

    (record,) = registered.cdrs()
    assert registered.sessions()[0]["status"] == "COMPLETED"
    assert registered.status("SIM-DEL-006", "SIM-DEL-006-3") == "AVAILABLE"
    # 360 s of charging, 900 s until the driver comes back
    assert (record["start_date_time"], record["end_date_time"]) == (
        "2026-03-02T09:00:01Z",
        "2026-03-02T09:21:01Z",
    )
    assert record["total_cost"] == price("105", "123.9")
    assert emsp.results() == ["ACCEPTED"], "nobody asked for the end"


def test_a_start_fee_and_steps_of_energy(registered):
    record = charge(registered, "SIM-DEL-002", "SIM-DEL-002-3", ticks=2)
    # 30 kW for 390 s = 3.25 kWh, billed as 3.3 kWh x 17.00 = 56.10; + 25.00 = 81.10, + 18 % = 95.698
    assert record["total_energy"] == D("3.25")
    assert record["total_energy_cost"] == price("56.1", "66.198")
    assert record["total_fixed_cost"] == price("25", "29.5")
    assert record["total_cost"] == price("81.1", "95.698")


def test_a_price_by_time(registered):
    record = charge(registered, "SIM-DEL-005", "SIM-DEL-005-1", ticks=2)
    # 390 s billed as 420 s at 36.00 per hour = 4.20, + 18 % = 4.956
    assert record["total_time_cost"] == record["total_cost"] == price("4.2", "4.956")
    assert record["total_energy"] == D("0.358")  # 3.3 kW: 0.165 + 0.165 + 0.028


def test_a_used_reservation_is_in_the_bill_of_the_charge(registered, emsp, clock):
    registered.reserve("SIM-DEL-024", "SIM-DEL-024-1")
    clock.advance(308.5)
    record = charge(registered, "SIM-DEL-024", "SIM-DEL-024-1", ticks=1)

    assert len(registered.sessions()) == 1
    assert (record["start_date_time"], record["end_date_time"]) == (
        "2026-03-02T09:00:00Z",
        "2026-03-02T09:08:40Z",
    )
    assert registered.sessions()[0]["start_date_time"] == "2026-03-02T09:05:10Z"
    assert volumes(record, 0) == {"RESERVATION_TIME": D("0.0861")}  # 310 s
    assert volumes(record, 1) == {"ENERGY": D("2.917"), "TIME": D("0.0583")}
    # 20.00 + 360 s at 30.00 per hour = 23.00; 2.917 kWh x 20.00 = 58.34
    assert record["total_reservation_cost"] == price("23", "27.14")
    assert record["total_energy_cost"] == price("58.34", "68.8412")
    assert record["total_cost"] == price("81.34", "95.9812")
    assert record["total_time"] == D("0.0583")


@pytest.mark.parametrize(
    ("end", "billed_until", "excl_vat", "incl_vat"),
    [
        ("expiry", "2026-03-02T09:15:00Z", "27.5", "32.45"),  # 20.00 + 900 s at 30.00 per hour
        ("cancel", "2026-03-02T09:05:00Z", "22.5", "26.55"),  # 20.00 + 300 s
    ],
)
def test_an_unused_reservation_with_a_price_is_billed_by_itself(
    registered, clock, end, billed_until, excl_vat, incl_vat
):
    registered.reserve("SIM-DEL-024", "SIM-DEL-024-1", minutes=15)
    clock.advance(299.5)
    if end == "cancel":
        registered.command("CANCEL_RESERVATION", reservation_id="RES-1")
    clock.advance(15 * 60)

    (record,) = registered.cdrs()
    (session,) = registered.sessions()
    assert (session["status"], session["end_date_time"]) == ("COMPLETED", billed_until)
    assert (record["session_id"], record["end_date_time"]) == (session["id"], billed_until)
    assert (record["total_energy"], record["total_time"]) == (0, 0)
    assert record["total_cost"] == record["total_reservation_cost"] == price(excl_vat, incl_vat)
    assert session["total_cost"] == record["total_cost"]


def test_a_session_stopped_at_once_still_has_a_period(registered, clock):
    clock.advance(0.5)
    registered.start("SIM-DEL-001", "SIM-DEL-001-3")
    clock.advance(1.1)
    registered.command("STOP_SESSION", session_id=registered.sessions()[0]["id"])
    registered.cpo.charging.speed = 0.1
    clock.advance(0.5)
    clock.advance(2)

    (record,) = registered.cdrs()
    assert volumes(record) == {"ENERGY": 0, "TIME": 0}
    assert record["start_date_time"] == record["end_date_time"]
    assert record["total_cost"] == price(0, 0)


def test_a_direct_current_charge_slows_down_above_80_percent(registered, clock):
    registered.start("SIM-DEL-001", "SIM-DEL-001-3")
    clock.advance(TO_ACTIVE_S)
    (running,) = registered.cpo.store.state.charges.values()
    running.soc_percent, running.taper_kwh, running.full_kwh = D(75), D("2.025"), D("10.125")
    clock.advance(TICK_S * 2)

    # 2.025 kWh at 50 kW take 146 s; the other 34 s and the next 180 s go at 20 kW
    powers = [(row.kwh, row.seconds, row.power_kw, row.soc_percent) for row in running.steps]
    assert powers == [
        (D("2.025"), 146, 50, D(80)),
        (D("0.189"), 34, 20, D("80.5")),
        (D("1"), 180, 20, D("82.9")),
    ]


def test_a_changed_speed_counts_from_now_on(registered, clock):
    registered.start("SIM-DEL-001", "SIM-DEL-001-3")
    clock.advance(TO_ACTIVE_S + 1)
    assert registered.control(speed=600).json()["speed"] == 600
    clock.advance(2)
    # 1 s at 60 and 2 s at 600: 1260 s at 50 kW
    assert registered.sessions()[0]["kwh"] == D("17.5")
    assert registered.control(speed=0).json() == {"error": "speed: must be above 0 and at most 3600"}


def test_a_station_without_a_known_tariff_bills_nothing(make_box, clock):
    box = make_box(tariffs=[{"id": "OTHER", "currency": "INR", "elements": [], "last_updated": "2026-01-01"}])
    record = charge(box.register(), "SIM-DEL-001", "SIM-DEL-001-3", ticks=1)

    assert (record["total_cost"], record["tariffs"]) == (price(0, 0), [])
    assert "total_cost" not in box.sessions()[0]
