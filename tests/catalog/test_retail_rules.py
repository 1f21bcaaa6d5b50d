"""Which rule applies and what it makes of a cost: exact lines, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from catalog.retail import Match, Rule, Sale, Terms, changes_at, choose, energy_price, retail
from catalog.services.priced_lines import Line, PricedLines, unit_price

INDIA = ZoneInfo("Asia/Kolkata")
MONDAY_10 = datetime(2026, 3, 2, 10, 0, tzinfo=INDIA)
D = Decimal


def cost(*lines, kwh="5", excl=None):
    total = sum((line.amount for line in lines), D("0.00"))
    return PricedLines(
        lines=list(lines),
        total=total,
        total_excl_vat=D(excl) if excl else total,
        currency="INR",
        unit_price=D(18),
        explanation=[],
        tariff={},
        energy_kwh=D(kwh),
    )


def energy(kwh="5", price="18", excl=None):
    amount = (D(kwh) * D(price)).quantize(D("0.01"))
    return Line(
        "energy-cost", D(kwh), D(kwh), "kWh", D(price), amount, unit_price_excl_vat=D(excl or price)
    )


def single(code, amount):
    return Line(code, None, D(1), "session", D(amount), D(amount), unit_price_excl_vat=D(amount))


def terms(**values):
    texts = ("kind", "currency")
    return Terms(**{name: value if name in texts else D(value) for name, value in values.items()})


def amounts(priced):
    return [(line.code, str(line.amount)) for line in priced.lines]


def sale(**over):
    base = {
        "party_id": 1,
        "location_id": 7,
        "connector_standard": "IEC_62196_T2_COMBO",
        "power_w": 30000,
        "currency": "INR",
        "local": MONDAY_10,
        "sold_through": "bap.example",
    }
    return Sale(**base | over)


def made(number, name="", priority=0, terms=Terms(), **match):  # noqa: B008 (frozen)
    return Rule(number, name or f"R{number}", Match(**match), terms, priority)


class TestTerms:
    def test_pass_through_leaves_the_lines_as_they_are(self):
        given = cost(energy(), single("service-charge", "10"), excl="84.75")

        priced = retail(given, Terms())

        assert (priced.lines, priced.total, priced.total_excl_vat) == (given.lines, D("100.00"), D("84.75"))
        assert priced.cost is given

    @pytest.mark.parametrize(
        ("rule", "shown"),
        [
            (terms(), "0.1235"),
            (terms(kind="MARKUP", markup_percent="300"), "0.4940"),
            (terms(kind="MARKUP", markup_per_kwh="0.00005"), "0.1236"),
            (terms(cap_per_kwh="0.1234"), "0.1234"),
        ],
    )
    def test_a_quote_has_the_price_that_a_search_shows(self, rule, shown):
        """The operator takes 0.12345 per kWh, which a search knows as 0.1235."""
        priced = retail(cost(energy(price="0.12345")), rule)

        assert energy_price(D("0.1235"), rule) == D(shown)
        assert unit_price(priced.lines[0].unit_price_incl_vat) == D(shown)

    def test_a_percentage_is_on_every_line(self):
        priced = retail(
            cost(energy(), single("service-charge", "10")), terms(kind="MARKUP", markup_percent="10")
        )

        assert amounts(priced) == [("energy-cost", "99.00"), ("service-charge", "11.00")]
        assert (priced.total, priced.unit_price, priced.at_cost.total) == (D("110.00"), D("19.8"), D("100.00"))

    def test_a_markup_per_kwh_has_our_vat_and_the_operators_part_keeps_its_own(self):
        priced = retail(
            cost(energy("10", "11.80", excl="10"), excl="100.00"),
            terms(kind="MARKUP", currency="INR", markup_percent="10", markup_per_kwh="2", vat_percent="18"),
        )

        # 11.80 × 1.1 + 2 × 1.18 = 15.34 per kWh; without VAT 10 × 1.1 + 2 = 13
        assert amounts(priced) == [("energy-cost", "153.40")]
        assert priced.total_excl_vat == D("130.00")

    def test_the_shown_price_times_the_energy_is_the_amount_half_up(self):
        priced = retail(cost(energy("3", "17.3333")), terms(kind="MARKUP", markup_percent="5"))

        assert priced.unit_price == D("18.2000")  # 18.199965
        assert priced.total == D("54.60")
        assert retail(cost(energy("1", "0.01")), terms(kind="MARKUP", markup_percent="50")).total == D("0.02")

    def test_a_flat_price_covers_charging_but_not_parking_and_reservation(self):
        given = cost(
            energy("4.2", "18"),
            single("charging-time", "7"),
            single("parking-fee", "12"),
            single("service-charge", "10"),
            single("reservation-fee", "5"),
            single("price-limit", "3"),
            kwh="4.2",
        )

        priced = retail(given, terms(kind="FLAT", currency="INR", energy_price="20", vat_percent="18"))

        assert amounts(priced) == [
            ("energy-cost", "99.12"),
            ("parking-fee", "12"),
            ("reservation-fee", "5"),
        ]
        assert priced.unit_price == D("23.6000")
        assert priced.total_excl_vat == D("101.00")

    @pytest.mark.parametrize(
        ("price", "unit"), [("5", "8.0000"), ("10", "11.0000"), ("30", "25.0000"), ("8", "8.8000")]
    )
    def test_floor_and_cap_bound_the_price_per_kwh(self, price, unit):
        bounded = terms(
            kind="MARKUP", currency="INR", markup_percent="10", floor_per_kwh="8", cap_per_kwh="25"
        )

        priced = retail(cost(energy("2", price)), bounded)

        assert priced.unit_price == D(unit)
        assert priced.total == (D(unit) * 2).quantize(D("0.01"))
        assert energy_price(D(price), bounded) == D(unit)

    def test_a_cap_keeps_the_share_of_vat(self):
        priced = retail(
            cost(energy("10", "11.80", excl="10"), excl="100.00"), terms(currency="INR", cap_per_kwh="5.90")
        )

        assert (priced.total, priced.total_excl_vat) == (D("59.00"), D("50.00"))

    def test_a_service_fee_is_a_line_of_its_own(self):
        priced = retail(cost(energy()), terms(currency="INR", service_fee="5", vat_percent="18"))

        assert amounts(priced) == [("energy-cost", "90.00"), ("platform-fee", "5.90")]
        assert (priced.total, priced.total_excl_vat, priced.unit_price) == (D("95.90"), D("95.00"), D(18))

    def test_no_energy_no_service_fee(self):
        given = cost(single("reservation-fee", "10"), kwh="0")

        assert amounts(retail(given, terms(currency="INR", service_fee="5"))) == [("reservation-fee", "10")]

    @pytest.mark.parametrize(
        ("rule", "total"),
        [
            ({}, "100.00"),
            ({"kind": "MARKUP", "markup_percent": "10"}, "110.00"),
            ({"kind": "MARKUP", "markup_percent": "10", "markup_per_kwh": "2", "vat_percent": "18"}, "121.80"),
            ({"kind": "MARKUP", "markup_percent": "50", "cap_per_kwh": "25"}, "140.00"),
            ({"kind": "FLAT", "energy_price": "20", "vat_percent": "18"}, "118.00"),
            ({"service_fee": "5", "vat_percent": "18"}, "105.90"),
        ],
    )
    def test_the_examples_of_the_manual(self, rule, total):
        given = cost(energy(), single("service-charge", "10"))

        priced = retail(given, terms(currency="INR", **rule))

        assert priced.total == D(total) == sum(line.amount for line in priced.lines)

    def test_a_markup_per_kwh_is_due_where_the_operator_prices_time_alone(self):
        given = cost(Line("charging-time", None, D("0.5"), "h", D(60), D("30.00")), kwh="12")

        priced = retail(given, terms(kind="MARKUP", currency="INR", markup_per_kwh="1.5"))

        assert amounts(priced) == [("energy-cost", "18.00"), ("charging-time", "30.00")]

    def test_terms_survive_the_quote(self):
        full = terms(
            kind="MARKUP",
            currency="INR",
            vat_percent="18",
            markup_percent="12.5",
            markup_per_kwh="0.75",
            floor_per_kwh="9",
            cap_per_kwh="30",
            service_fee="5",
        )

        assert Terms.from_snapshot(full.as_snapshot()) == full
        assert Terms.from_snapshot(Terms().as_snapshot()) == Terms()


class TestChoice:
    @pytest.mark.parametrize(
        ("stronger", "weaker", "word"),
        [
            ({"location_id": 7}, {"sold_through": "bap.example", "party_id": 1}, "location"),
            ({"sold_through": "bap.example"}, {"party_id": 1, "min_power_w": 0}, "app"),
            ({"party_id": 1}, {"connector_standard": "IEC_62196_T2_COMBO"}, "operator"),
            ({"connector_standard": "IEC_62196_T2_COMBO"}, {"min_power_w": 22000}, "connector"),
            ({"min_power_w": 22000}, {"weekdays": (0,)}, "power band"),
            ({"weekdays": (0,)}, {}, "time window"),
        ],
    )
    def test_the_more_specific_rule_wins_whatever_the_priority(self, stronger, weaker, word):
        weak, strong = made(1, "weak", 99, **weaker), made(2, "strong", **stronger)

        chosen = choose([weak, strong], sale())

        assert chosen.rule is strong
        assert chosen.why[1] == f"“weak” fits too, but does not name the {word}."

    def test_among_equals_priority_and_then_age_decides(self):
        old, young, high = made(1), made(2), made(3, priority=5)

        assert choose([young, old, high], sale()).rule is high
        assert choose([young, old], sale()).rule is old
        assert choose([high, old], sale()).why == (
            "“R3” applies: it is for every sale.",
            "“R1” fits too, but has the lower priority, 0 against 5.",
        )

    @pytest.mark.parametrize(
        ("match", "reason"),
        [
            ({"location_id": 8}, "it is for another location"),
            ({"party_id": 2}, "it is for another operator"),
            ({"sold_through": "other.example"}, "it is for other.example only"),
            ({"connector_standard": "CHADEMO"}, "the connector is not CHADEMO"),
            ({"min_power_w": 30001}, "the power is outside its band"),
            ({"max_power_w": 30000}, "the power is outside its band"),
            ({"weekdays": (1, 2)}, "MON is not one of its days"),
            ({"start_time": time(10, 1)}, "the local time is outside its window"),
            ({"end_time": time(10)}, "the local time is outside its window"),
            ({"start_time": time(22), "end_time": time(6)}, "the local time is outside its window"),
            ({"effective_from": datetime(2026, 3, 2, 4, 31, tzinfo=UTC)}, "it begins at 2026-03-02 04:31"),
            ({"effective_until": datetime(2026, 3, 2, 4, 30, tzinfo=UTC)}, "it ended at 2026-03-02 04:30"),
        ],
    )
    def test_a_rule_that_does_not_fit_says_why(self, match, reason):
        chosen = choose([made(1, **match)], sale())

        assert chosen.rule is None
        assert chosen.why == (
            "No rule fits: the operator's price is passed through.",
            f"“R1” does not fit: {reason}.",
        )

    @pytest.mark.parametrize(
        "match",
        [
            {"min_power_w": 30000, "max_power_w": 30001},
            {"start_time": time(10), "end_time": time(10, 1)},
            {"start_time": time(22), "end_time": time(10, 1)},
            {"start_time": time(10), "end_time": time(0)},
            {"effective_from": datetime(2026, 3, 2, 4, 30, tzinfo=UTC)},
        ],
    )
    def test_edges_belong_to_a_rule_at_its_beginning(self, match):
        assert choose([made(1, **match)], sale()).rule is not None

    def test_unknown_power_fits_no_band(self):
        assert choose([made(1, min_power_w=0)], sale(power_w=None)).rule is None

    def test_a_rule_in_another_currency_does_not_fit(self):
        chosen = choose([made(1, terms=terms(currency="EUR", service_fee="1"))], sale())

        assert chosen.rule is None
        assert chosen.why[1] == "“R1” does not fit: its amounts are in EUR, the tariff is in INR."

    def test_the_next_change_is_the_next_edge_of_a_rule_that_can_fit(self):
        evening = made(1, start_time=time(18), end_time=time(22))
        elsewhere = made(2, location_id=8, start_time=time(11))
        at = MONDAY_10.astimezone(UTC)

        assert changes_at([evening, elsewhere], sale(), at, INDIA) == datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
        assert changes_at([made(3)], sale(), at, INDIA) is None
        until = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
        assert changes_at([evening, made(4, effective_until=until)], sale(), at, INDIA) == until


def test_a_currency_without_cents_has_whole_lines_of_ours_too():
    charge = replace(cost(energy("4.5", "18"), kwh="4.5"), currency="JPY")

    dearer = retail(charge, terms(kind="MARKUP", markup_percent=7, service_fee="9.5"))
    flat = retail(charge, terms(kind="FLAT", energy_price="20.33"))

    assert amounts(dearer) == [("energy-cost", "87.00"), ("platform-fee", "10.00")]
    assert amounts(flat) == [("energy-cost", "91.00")]
