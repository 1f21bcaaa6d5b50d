"""Quotes, the energy that money buys, and bills: lines incl. VAT in cents that add up to the total."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.errors import AmountTooSmall, PriceUnknown
from catalog.services.priced_lines import Line
from catalog.services.quoting import energy_for_amount, quote
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
        assert (priced.total, priced.total_excl_vat, priced.currency) == (
            Decimal("100.00"),
            Decimal("100.00"),
            "INR",
        )
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

        assert (line.energy_kwh, line.quantity, line.amount) == (
            Decimal("4.2"),
            Decimal(5),
            Decimal("100.00"),
        )

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
            "min_price": {"excl_vat": Decimal(50), "incl_vat": Decimal(59)}
        }

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

        assert priced.lines == [
            Line("energy-cost", Decimal(4), Decimal(4), "kWh", Decimal(0), Decimal("0.00"))
        ]
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
            elements(component("ENERGY", "999999999")),
            elements(component("ENERGY", 18), component("FLAT", 10**12)),
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
