"""Quotes, the energy that money buys, and bills: lines incl. VAT in cents that add up to the total."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import AmountTooSmall, PriceUnknown
from catalog.services.priced_lines import Line
from catalog.services.quoting import bill, energy_for_amount, quote
from tests.factories.catalog import (
    ConnectorFactory,
    EvseFactory,
    LocationFactory,
    OfferFactory,
    TariffFactory,
    component,
    elements,
)

AT = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)  # Monday, 10:00 in India


def offer_for(content, **over):
    tariff = TariffFactory(content=content)
    evse = EvseFactory(location=LocationFactory(party=tariff.party))
    return OfferFactory(connector=ConnectorFactory(evse=evse, tariff_ids=[tariff.ocpi_id]), **over)


def simple(*components):
    return {"id": "T", "currency": "INR"} | elements(*components)


def amounts(priced):
    return [(line.code, line.amount) for line in priced.lines]


def quoted(content, kwh, **over):
    return quote(offer_for(content, **over), energy_kwh=Decimal(kwh), at=AT)


@pytest.mark.django_db
class TestQuote:
    def test_energy_and_start_fee(self):
        offer = offer_for(elements(component("ENERGY", 18), component("FLAT", 10)))

        priced = quote(offer, energy_kwh=Decimal("5"), at=AT)

        tariff = offer.connector.evse.location.party.tariffs.get()
        assert priced.lines == [
            Line("energy-cost", Decimal(5), Decimal(5), "kWh", Decimal(18), Decimal("90.00")),
            Line("service-charge", None, Decimal(1), "session", Decimal(10), Decimal("10.00")),
        ]
        assert (priced.total, priced.total_excl_vat, priced.currency) == (Decimal("100.00"), Decimal("100.00"), "INR")
        assert priced.unit_price == Decimal(18)
        assert (priced.tariff, priced.tariff_version) == (tariff.raw, tariff.versions.get().pk)
        assert priced.explanation[0] == "Estimated: 5 kWh at 30 kW take 10 min."
        assert priced.findings == []

    def test_odd_prices_round_half_up_per_line(self):
        priced = quoted(elements(component("ENERGY", "17.3333"), component("FLAT", "7.77")), "3")

        assert amounts(priced) == [("energy-cost", Decimal("52.00")), ("service-charge", Decimal("7.77"))]
        assert priced.total == Decimal("59.77")

    def test_half_a_cent_goes_up(self):
        assert quoted(elements(component("ENERGY", "0.005")), "1").total == Decimal("0.01")

    def test_vat_is_included(self):
        priced = quoted(elements(component("ENERGY", 20, vat=18)), "5")

        assert (priced.total, priced.total_excl_vat) == (Decimal("118.00"), Decimal("100.00"))
        assert (priced.unit_price, priced.lines[0].unit_price_incl_vat) == (Decimal("23.6"), Decimal("23.6"))

    def test_energy_is_billed_in_steps(self):
        (line,) = quoted(elements(component("ENERGY", 20, step_size=1000)), "4.2").lines

        assert (line.energy_kwh, line.quantity, line.amount) == (Decimal("4.2"), Decimal(5), Decimal("100.00"))

    def test_time_is_priced_for_the_time_it_takes(self):
        tariff = elements(component("ENERGY", 10), component("TIME", 60))

        assert amounts(quoted(tariff, "15"))[1] == ("charging-time", Decimal("30.00"))
        assert amounts(quoted(tariff, "3.7", power_w=None))[1] == ("charging-time", Decimal("30.00"))

    def test_a_price_for_time_alone_is_a_price(self):
        priced = quoted(elements(component("TIME", 60)), "15")

        assert amounts(priced) == [("charging-time", Decimal("30.00"))]
        assert priced.unit_price is None

    def test_prices_that_change_during_the_charge_are_lines_of_their_own(self):
        until_noon = {"price_components": [component("ENERGY", 10)], "restrictions": {"end_time": "10:30"}}
        later = {"price_components": [component("ENERGY", 20)]}

        priced = quoted({"elements": [until_noon, later]}, "30")

        assert amounts(priced) == [("energy-cost", Decimal("150.00")), ("energy-cost", Decimal("300.00"))]
        assert priced.unit_price == Decimal(10)

    def test_the_power_of_the_connector_decides_between_power_bands(self):
        fast = {"price_components": [component("ENERGY", 25)], "restrictions": {"min_power": Decimal(50)}}
        slow = {"price_components": [component("ENERGY", 15)]}

        assert quoted({"elements": [fast, slow]}, "1", power_w=60000).total == Decimal("25.00")
        assert quoted({"elements": [fast, slow]}, "1", power_w=30000).total == Decimal("15.00")

    def test_a_minimum_is_a_line_so_that_the_sum_holds(self):
        content = elements(component("ENERGY", "10.004", vat=18)) | {
            "min_price": {"excl_vat": Decimal(50), "incl_vat": Decimal(59)}}

        priced = quoted(content, "1")

        assert amounts(priced) == [("energy-cost", Decimal("11.80")), ("price-limit", Decimal("47.20"))]
        assert (priced.total, priced.total_excl_vat) == (Decimal("59.00"), Decimal("50.00"))

    def test_a_maximum_takes_away(self):
        priced = quoted(elements(component("ENERGY", 18)) | {"max_price": {"excl_vat": Decimal(100)}}, "10")

        assert priced.total_excl_vat == Decimal("100.00")
        # 2.2.1 tells no maximum including VAT here, so none binds that side (ocpi.md 4.4 step 10).
        assert amounts(priced) == [("energy-cost", Decimal("180.00"))]

        both = {"max_price": {"excl_vat": Decimal(100), "incl_vat": Decimal(100)}}
        priced = quoted(elements(component("ENERGY", 18)) | both, "10")
        assert amounts(priced) == [("energy-cost", Decimal("180.00")), ("price-limit", Decimal("-80.00"))]
        assert priced.total == Decimal("100.00")

    def test_a_price_of_zero_is_free(self):
        priced = quoted(elements(component("ENERGY", 0)), "5")

        assert amounts(priced) == [("energy-cost", Decimal("0.00"))]
        assert (priced.total, priced.unit_price) == (Decimal("0.00"), Decimal(0))

    def test_energy_that_no_element_prices_is_free_by_the_letter_and_has_a_line(self):
        later = {"price_components": [component("ENERGY", 18)], "restrictions": {"min_kwh": Decimal(10)}}

        priced = quoted({"elements": [later]}, "4")

        assert priced.lines == [Line("energy-cost", Decimal(4), Decimal(4), "kWh", Decimal(0), Decimal("0.00"))]
        assert priced.total == Decimal("0.00")

    @pytest.mark.parametrize(
        "content",
        [
            elements(component("FLAT", 0)),
            elements(component("FLAT", "0.00"), component("TIME", 0)),
            elements(component("ENERGY", 18), restrictions={"reservation": "RESERVATION"}),
            elements(component("FLAT", 5), restrictions={"reservation": "RESERVATION"}),
            elements({"type": "ENERGY", "price": None}),
            elements({"type": "ENERGY", "price": "eighteen"}),
            {"elements": []},
            {"currency": "rupees"},
            {"end_date_time": "2026-03-02T04:30:00Z"},
            {"start_date_time": "2026-03-02T04:30:01Z"},
        ],
    )
    def test_an_unknown_price_is_refused(self, content):
        with pytest.raises(PriceUnknown):
            quoted(content, "5")

    def test_a_tariff_that_never_arrived_is_refused(self):
        with pytest.raises(PriceUnknown):
            quote(OfferFactory(connector=ConnectorFactory(tariff_ids=["T"])), energy_kwh=Decimal(5), at=AT)

    def test_vat_unknown_is_taken_as_none(self):
        offer = offer_for(elements(component("ENERGY", "0.25"), component("FLAT", 1)))
        offer.party.connection.version = "2.1.1"

        priced = quote(offer, energy_kwh=Decimal(10), at=AT)

        assert amounts(priced) == [("energy-cost", Decimal("2.50")), ("service-charge", Decimal("1.00"))]
        assert (priced.total, priced.total_excl_vat) == (Decimal("3.50"), Decimal("3.50"))

    def test_the_step_rule_of_the_platform_counts(self):
        tariff = elements(component("TIME", 60, step_size=3600))
        offer = offer_for(tariff)
        offer.party.connection.step_mode = "none"

        assert quote(offer, energy_kwh=Decimal(15), at=AT).total == Decimal("30.00")
        assert quoted(tariff, "15").total == Decimal("60.00")


@pytest.mark.django_db
class TestEnergyForAmount:
    def bought(self, content, amount, **over):
        return energy_for_amount(offer_for(content, **over), amount=Decimal(amount), at=AT)

    @pytest.mark.parametrize(
        ("content", "amount", "kwh"),
        [
            (elements(component("ENERGY", 18)), "100", "5.55"),
            (elements(component("ENERGY", 18), component("FLAT", 10)), "100", "5.00"),
            (elements(component("ENERGY", 18), component("FLAT", 10)), "99.99", "4.99"),
            (elements(component("ENERGY", 20, vat=18)), "118", "5.00"),
            (elements(component("ENERGY", 20, step_size=1000)), "99.99", "4.00"),
            (elements(component("ENERGY", 10), component("TIME", 60)), "120", "10.00"),
            (elements(component("ENERGY", 0)), "1", "1000.00"),
        ],
    )
    def test_the_largest_energy_within_the_amount(self, content, amount, kwh):
        assert self.bought(content, amount) == Decimal(kwh)

    def test_one_step_more_would_be_too_much(self):
        offer = offer_for(elements(component("ENERGY", "17.3333", vat=18), component("FLAT", "7.77", vat=18)))

        bought = energy_for_amount(offer, amount=Decimal("250"), at=AT)

        assert quote(offer, energy_kwh=bought, at=AT).total <= 250
        assert quote(offer, energy_kwh=bought + Decimal("0.01"), at=AT).total > 250

    @pytest.mark.parametrize("amount", ["0", "10", "10.17"])
    def test_fees_alone_may_be_too_much(self, amount):
        with pytest.raises(AmountTooSmall, match=r"10\.18"):
            self.bought(elements(component("ENERGY", 18), component("FLAT", 10)), amount)

    def test_an_unknown_price_is_refused(self):
        with pytest.raises(PriceUnknown):
            self.bought(elements(component("FLAT", 0)), "100")


def periods(*volumes, minutes=30, **extra):
    """One period per half hour; each volume is a dict of dimension and volume."""
    return [
        {
            "start_date_time": (AT + timedelta(minutes=minutes * n)).isoformat(),
            "dimensions": [{"type": kind, "volume": Decimal(str(volume))} for kind, volume in each.items()],
        } | extra
        for n, each in enumerate(volumes)
    ]


def billed(tariff, charging_periods, **over):
    end_at = AT + timedelta(minutes=30 * max(len(charging_periods), 1))
    return bill(tariff, time_zone="Asia/Kolkata", charging_periods=charging_periods, end_at=end_at, start_at=AT, **over)


class TestBill:
    def test_all_kinds_of_lines(self):
        tariff = simple(
            component("ENERGY", 18, vat=18), component("TIME", 12), component("PARKING_TIME", 60),
            component("FLAT", 10),
        )
        reservation = {"price_components": [component("TIME", 6), component("FLAT", 5)],
                       "restrictions": {"reservation": "RESERVATION"}}
        tariff["elements"].insert(0, reservation)

        priced = billed(tariff, periods(
            {"RESERVATION_TIME": "0.5"}, {"ENERGY": "2.25", "TIME": "0.5"}, {"ENERGY": "2.25", "TIME": "0.5"},
            {"PARKING_TIME": "0.5"},
        ), total_energy_kwh=Decimal("4.5"))

        assert priced.lines == [
            Line("energy-cost", Decimal("4.5"), Decimal("4.5"), "kWh", Decimal("21.24"), Decimal("95.58")),
            Line("charging-time", None, Decimal(1), "h", Decimal(12), Decimal("12.00")),
            Line("parking-fee", None, Decimal("0.5"), "h", Decimal(60), Decimal("30.00")),
            Line("service-charge", None, Decimal(1), "session", Decimal(10), Decimal("10.00")),
            Line("reservation-fee", None, Decimal(1), "session", Decimal(5), Decimal("5.00")),
            Line("reservation-fee", None, Decimal("0.5"), "h", Decimal(6), Decimal("3.00")),
        ]
        assert (priced.total, priced.total_excl_vat) == (Decimal("155.58"), Decimal("141.00"))
        assert (priced.tariff, priced.tariff_version, priced.findings) == (tariff, None, [])

    def test_a_line_is_rounded_once_over_all_its_periods(self):
        priced = billed(simple(component("ENERGY", "17.3333")), periods({"ENERGY": 1}, {"ENERGY": 1}, {"ENERGY": 1}))

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
        tariff = {"id": "T", "currency": "INR", "elements": [cheap_first, *simple(component("ENERGY", 20))["elements"]]}
        told = periods({"RESERVATION_TIME": "0.5"}, {"TIME": "0.5"}, {"TIME": "0.5"})

        priced = billed(tariff, told, total_energy_kwh=Decimal(3))

        assert amounts(priced) == [("energy-cost", Decimal("30.00"))]
        assert priced.findings == ["no energy in the charging periods: total_energy 3 kWh used"]

    def test_energy_that_agrees_with_nothing_is_billed_as_the_periods_say(self):
        priced = billed(simple(component("ENERGY", 18)), periods({"ENERGY": 4}), total_energy_kwh=Decimal(5))

        assert priced.total == Decimal("72.00")
        assert priced.findings == ["the charging periods hold 4 kWh, total_energy says 5 kWh"]

    def test_small_differences_are_no_finding(self):
        priced = billed(simple(component("ENERGY", 18)), periods({"ENERGY": "4.995"}), total_energy_kwh=Decimal(5))

        assert (priced.total, priced.findings) == (Decimal("89.91"), [])

    @pytest.mark.parametrize(
        "broken", [[], [{"dimensions": []}], ["period"], [{"start_date_time": "?", "dimensions": [{"type": "ENERGY"}]}]]
    )
    def test_without_readable_periods_the_total_energy_is_billed(self, broken):
        priced = billed(simple(component("ENERGY", 18), component("FLAT", 10)), broken, total_energy_kwh=Decimal(5))

        assert amounts(priced) == [("energy-cost", Decimal("90.00")), ("service-charge", Decimal("10.00"))]
        assert priced.findings[-1] == "total_energy 5 kWh is billed without its charging periods"

    def test_a_reservation_that_expired(self):
        used = {"price_components": [component("TIME", 6)], "restrictions": {"reservation": "RESERVATION"}}
        expired = {"price_components": [component("FLAT", 4)], "restrictions": {"reservation": "RESERVATION_EXPIRES"}}
        tariff = {"id": "T", "currency": "INR", "elements": [expired, used, *simple(component("ENERGY", 1))["elements"]]}
        told = periods({"RESERVATION_TIME": "0.5"})

        assert billed(tariff, told).total == Decimal("7.00")
        assert billed(tariff, told, reservation_expired=False).total == Decimal("3.00")

    def test_a_tariff_that_cannot_be_priced_is_refused(self):
        with pytest.raises(PriceUnknown, match="currency"):
            billed({"elements": []}, periods({"ENERGY": 1}))

    def test_the_step_rule_can_be_chosen(self):
        tariff = simple(component("ENERGY", 20, step_size=1000))

        assert billed(tariff, periods({"ENERGY": "4.2"})).total == Decimal("100.00")
        assert billed(tariff, periods({"ENERGY": "4.2"}), step_mode="none").total == Decimal("84.00")

    @given(
        st.lists(st.decimals(0, 100, places=4), min_size=1, max_size=6),
        st.decimals(0, 100, places=4), st.decimals(0, 30, places=2),
        st.one_of(st.none(), st.decimals(0, 500, places=3)), st.one_of(st.none(), st.decimals(0, 500, places=3)),
    )
    def test_lines_are_cents_and_add_up(self, volumes, price, vat, least, most):
        tariff = simple(component("ENERGY", price, vat=vat), component("TIME", price, vat=vat), component("FLAT", 1))
        for name, limit in (("min_price", least), ("max_price", most)):
            if limit is not None:
                tariff[name] = {"excl_vat": limit, "incl_vat": limit}

        priced = billed(tariff, periods(*({"ENERGY": volume, "TIME": "0.5"} for volume in volumes)))

        assert priced.total == sum(line.amount for line in priced.lines)
        assert all(line.amount == line.amount.quantize(Decimal("0.01")) for line in priced.lines)
