"""Bills from the charging periods of a CDR, however its CPO tells the energy."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import PriceUnknown
from catalog.services.priced_lines import Line
from catalog.services.quoting import bill
from tests.factories.catalog import component, elements

AT = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)  # Monday, 10:00 in India


def simple(*components):
    return {"id": "T", "currency": "INR"} | elements(*components)


def amounts(priced):
    return [(line.code, line.amount) for line in priced.lines]


def periods(*volumes, minutes=30, **extra):
    """One period per half hour; each volume is a dict of dimension and volume."""
    return [
        {
            "start_date_time": (AT + timedelta(minutes=minutes * n)).isoformat(),
            "dimensions": [{"type": kind, "volume": Decimal(str(volume))} for kind, volume in each.items()],
        }
        | extra
        for n, each in enumerate(volumes)
    ]


def billed(tariff, charging_periods, **over):
    end_at = AT + timedelta(minutes=30 * max(len(charging_periods), 1))
    return bill(
        tariff,
        ocpi_version="2.2.1",
        time_zone="Asia/Kolkata",
        charging_periods=charging_periods,
        end_at=end_at,
        start_at=AT,
        **over,
    )


class TestBill:
    def test_a_currency_without_cents_has_whole_lines(self):
        tariff = simple(component("ENERGY", 33.3, vat=10), component("FLAT", 10)) | {"currency": "JPY"}
        capped = tariff | {"max_price": {"incl_vat": 100.4}}
        taken = periods({"ENERGY": 4.5})

        assert [str(amount) for _, amount in amounts(billed(tariff, taken))] == ["165.00", "10.00"]
        assert [str(amount) for _, amount in amounts(billed(capped, taken))] == ["165.00", "10.00", "-75.00"]

    def test_all_kinds_of_lines(self):
        tariff = simple(
            component("ENERGY", 18, vat=18),
            component("TIME", 12),
            component("PARKING_TIME", 60),
            component("FLAT", 10),
        )
        reservation = {
            "price_components": [component("TIME", 6), component("FLAT", 5)],
            "restrictions": {"reservation": "RESERVATION"},
        }
        tariff["elements"].insert(0, reservation)

        priced = billed(
            tariff,
            periods(
                {"RESERVATION_TIME": "0.5"},
                {"ENERGY": "2.25", "TIME": "0.5"},
                {"ENERGY": "2.25", "TIME": "0.5"},
                {"PARKING_TIME": "0.5"},
            ),
            total_energy_kwh=Decimal("4.5"),
        )

        assert priced.lines == [
            Line("energy-cost", Decimal("4.5"), Decimal("4.5"), "kWh", Decimal("21.24"), Decimal("95.58"), Decimal(18)),
            Line("charging-time", None, Decimal(1), "h", Decimal(12), Decimal("12.00")),
            Line("parking-fee", None, Decimal("0.5"), "h", Decimal(60), Decimal("30.00")),
            Line("service-charge", None, Decimal(1), "session", Decimal(10), Decimal("10.00")),
            Line("reservation-fee", None, Decimal(1), "session", Decimal(5), Decimal("5.00")),
            Line("reservation-fee", None, Decimal("0.5"), "h", Decimal(6), Decimal("3.00")),
        ]
        assert (priced.total, priced.total_excl_vat) == (Decimal("155.58"), Decimal("141.00"))
        assert (priced.tariff, priced.tariff_version, priced.findings) == (tariff, None, [])

    def test_a_line_is_rounded_once_over_all_its_periods(self):
        priced = billed(
            simple(component("ENERGY", "17.3333")), periods({"ENERGY": 1}, {"ENERGY": 1}, {"ENERGY": 1})
        )

        assert amounts(priced) == [("energy-cost", Decimal("52.00"))]

    def test_the_final_bill_of_the_reference_walk(self):
        tariff = simple(component("ENERGY", "18.0"), component("FLAT", "10.0"))

        priced = billed(tariff, periods({"ENERGY": "6.75", "TIME": "0.5"}), total_energy_kwh=Decimal("6.75"))

        assert amounts(priced) == [("energy-cost", Decimal("121.50")), ("service-charge", Decimal("10.00"))]

    @pytest.mark.parametrize(
        ("volumes", "finding"),
        [
            ([2000, 3000], "the energy of the charging periods is in Wh"),
            ([2, 5], "the energy of the charging periods is cumulative"),
            ([2000, 5000], "the energy of the charging periods is cumulative and in Wh"),
        ],
    )
    def test_energy_told_in_another_way_is_understood(self, volumes, finding):
        told = periods(*({"ENERGY": volume, "TIME": "0.5"} for volume in volumes))

        priced = billed(simple(component("ENERGY", 18)), told, total_energy_kwh=Decimal(5))

        assert priced.total == Decimal("90.00")
        assert priced.findings == [finding]
        assert priced.explanation[0] == finding

    def test_energy_that_only_the_total_tells_is_charged_in_the_first_charging_period(self):
        cheap_first = {"price_components": [component("ENERGY", 10)], "restrictions": {"end_time": "10:45"}}
        tariff = {
            "id": "T",
            "currency": "INR",
            "elements": [cheap_first, *simple(component("ENERGY", 20))["elements"]],
        }
        told = periods({"RESERVATION_TIME": "0.5"}, {"TIME": "0.5"}, {"TIME": "0.5"})

        priced = billed(tariff, told, total_energy_kwh=Decimal(3))

        assert amounts(priced) == [("energy-cost", Decimal("30.00"))]
        assert priced.findings == ["no energy in the charging periods: total_energy 3 kWh used"]

    @pytest.mark.parametrize(
        ("volumes", "total_kwh", "told_kwh"),
        [([4], 5, 4), ([3, 1], 1, 4)],  # falling readings are no meter
    )
    def test_energy_that_agrees_with_nothing_is_billed_as_the_periods_say(self, volumes, total_kwh, told_kwh):
        told = periods(*({"ENERGY": volume} for volume in volumes))

        priced = billed(simple(component("ENERGY", 18)), told, total_energy_kwh=Decimal(total_kwh))

        assert priced.total == Decimal("72.00")
        assert priced.findings == [
            f"the charging periods hold {told_kwh} kWh, total_energy says {total_kwh} kWh"
        ]

    def test_small_differences_are_no_finding(self):
        priced = billed(
            simple(component("ENERGY", 18)), periods({"ENERGY": "4.995"}), total_energy_kwh=Decimal(5)
        )

        assert (priced.total, priced.findings) == (Decimal("89.91"), [])

    @pytest.mark.parametrize(
        "broken",
        [
            [],
            [{"dimensions": []}],
            ["period"],
            [{"start_date_time": "?", "dimensions": [{"type": "ENERGY"}]}],
        ],
    )
    def test_without_readable_periods_the_total_energy_is_billed(self, broken):
        priced = billed(
            simple(component("ENERGY", 18), component("FLAT", 10)), broken, total_energy_kwh=Decimal(5)
        )

        assert amounts(priced) == [("energy-cost", Decimal("90.00")), ("service-charge", Decimal("10.00"))]
        assert priced.findings[-1] == "total_energy 5 kWh is billed without its charging periods"

    def test_a_reservation_that_expired(self):
        used = {"price_components": [component("TIME", 6)], "restrictions": {"reservation": "RESERVATION"}}
        expired = {
            "price_components": [component("FLAT", 4)],
            "restrictions": {"reservation": "RESERVATION_EXPIRES"},
        }
        tariff = {
            "id": "T",
            "currency": "INR",
            "elements": [expired, used, *simple(component("ENERGY", 1))["elements"]],
        }
        told = periods({"RESERVATION_TIME": "0.5"})

        assert billed(tariff, told).total == Decimal("7.00")
        assert billed(tariff, told + periods({"ENERGY": 2})).total == Decimal("5.00")

    def test_a_tariff_that_cannot_be_priced_is_refused(self):
        with pytest.raises(PriceUnknown, match="currency"):
            billed({"elements": []}, periods({"ENERGY": 1}))

    def test_the_step_rule_can_be_chosen(self):
        tariff = simple(component("ENERGY", 20, step_size=1000))

        assert billed(tariff, periods({"ENERGY": "4.2"})).total == Decimal("100.00")
        assert billed(tariff, periods({"ENERGY": "4.2"}), step_mode="none").total == Decimal("84.00")

    @given(
        st.lists(st.decimals(0, 100, places=4), min_size=1, max_size=6),
        st.decimals(0, 100, places=4),
        st.decimals(0, 30, places=2),
        st.one_of(st.none(), st.decimals(0, 500, places=3)),
        st.one_of(st.none(), st.decimals(0, 500, places=3)),
    )
    def test_lines_are_cents_and_add_up(self, volumes, price, vat, least, most):
        tariff = simple(
            component("ENERGY", price, vat=vat), component("TIME", price, vat=vat), component("FLAT", 1)
        )
        for name, limit in (("min_price", least), ("max_price", most)):
            if limit is not None:
                tariff[name] = {"excl_vat": limit, "incl_vat": limit}

        priced = billed(tariff, periods(*({"ENERGY": volume, "TIME": "0.5"} for volume in volumes)))

        assert priced.total == sum(line.amount for line in priced.lines)
        assert all(line.amount == line.amount.quantize(Decimal("0.01")) for line in priced.lines)
