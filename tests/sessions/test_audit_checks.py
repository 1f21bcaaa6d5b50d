"""A CDR that is wrong in one way at a time, what is said about it, and a right one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from catalog.pricing import Amount
from sessions.audit.case import Case, Other, Severity, Thresholds, price_of
from sessions.audit.judging import judge

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
D = Decimal


def tariff(**over):
    """18 per kWh and a start fee of 10, both with 18 % VAT."""
    components = [
        {"type": "ENERGY", "price": D(18), "vat": D(18), "step_size": 1},
        {"type": "FLAT", "price": D(10), "vat": D(18), "step_size": 1},
    ]
    return {"id": "T-1", "currency": "INR", "elements": [{"price_components": components}]} | over


def prices(excl, incl=None):
    return {"excl_vat": D(excl)} if incl is None else {"excl_vat": D(excl), "incl_vat": D(incl)}


def raw(**over):
    """4.5 kWh in half an hour: 81.00 + 10.00 = 91.00, 107.38 with VAT."""
    return {
        "id": "CDR-1",
        "currency": "INR",
        "tariffs": [tariff()],
        "charging_periods": [
            {
                "start_date_time": "2026-03-01T10:00:00Z",
                "tariff_id": "T-1",
                "dimensions": [{"type": "ENERGY", "volume": D("4.5")}, {"type": "TIME", "volume": D("0.5")}],
            }
        ],
        "total_cost": prices("91", "107.38"),
        "total_energy_cost": prices("81", "95.58"),
        "total_fixed_cost": prices("10", "11.80"),
        "total_energy": D("4.5"),
        "total_time": D("0.5"),
    } | over


RIGHT = Case(
    raw=raw(),
    start_at=START,
    end_at=START + HALF_AN_HOUR,
    received_at=START + timedelta(hours=1),
    currency="INR",
    energy_kwh=D("4.5"),
    excl_vat=D("91"),
    incl_vat=D("107.38"),
    tariff=tariff(),
    quoted=True,
    quoted_currency="INR",
    quoted_total=D("118.00"),
    time_zone="Asia/Kolkata",
    session_kwh=D("4.5"),
    metered_kwh=D("4.5"),
    power_w=30_000,
)


def found(**over):
    """[(code, severity, sentence)] of the right CDR with these things wrong."""
    judged = judge(replace(RIGHT, **over))
    return [(each.code, each.severity.name, each.sentence) for each in judged.findings]


def test_a_right_cdr_is_accepted_without_a_word():
    judged = judge(RIGHT)

    assert (judged.verdict, judged.findings) == (Severity.NOTE, [])
    assert [(line.part, line.ours, line.theirs, line.agrees) for line in judged.differences] == [
        ("total_energy_cost", D("95.58"), D("95.58"), True),
        ("total_fixed_cost", D("11.80"), D("11.80"), True),
        ("total_cost", D("107.38"), D("107.38"), True),
    ]


WRONG = {
    "arithmetic": (
        {"raw": raw(total_energy_cost=prices("80", "94.40"))},
        ("ARITHMETIC", "CONTEST", "the CDR's costs excluding VAT add up to 90, its total says 91 INR"),
    ),
    "price": (
        {"excl_vat": D("100"), "incl_vat": D("118.00"), "raw": raw(total_cost=prices("100", "118"),
         total_energy_cost=prices("90", "106.20"))},
        ("PRICE", "CONTEST", "the CPO charges 118.00 INR, the quoted tariff gives 107.38"),
    ),
    "part of the price": (
        {"raw": raw(total_energy_cost=prices("84", "99.12"), total_fixed_cost=prices("7", "8.26"))},
        ("PART", "CONTEST", "energy: the CPO wants 3.54 INR more than the tariff gives"),
    ),
    "VAT below nothing": (
        {"incl_vat": D("90"), "raw": raw(total_cost=prices("91", "90"))},
        ("VAT_NEGATIVE", "CONTEST", "the total including VAT, 90, is less than the one excluding it, 91"),
    ),
    "VAT wrong": (
        {"incl_vat": D("116.48"), "raw": raw(total_cost=prices("91", "116.48"))},
        ("VAT", "CONTEST", "the CDR's VAT is 25.48, by the tariff it is 16.38 INR"),
    ),
    "VAT missing": (
        {"incl_vat": None, "raw": raw(total_cost=prices("91"), total_energy_cost=prices("81"),
         total_fixed_cost=prices("10"))},
        ("VAT_MISSING", "NOTE", "the tariff names VAT, the CDR states no total with it"),
    ),
    "session energy": (
        {"session_kwh": D("4.0")},
        ("SESSION_ENERGY", "CONTEST", "the CDR says 4.5 kWh, the completed session 4 kWh"),
    ),
    "power": (
        {"power_w": 7_400},
        ("POWER", "HOLD", "4.5 kWh in 0:30:00 is more than 7400 W can deliver"),
    ),
    "Wh for kWh": (
        {"energy_kwh": D("4500"), "power_w": None},
        ("ENERGY_UNIT", "HOLD", "the CDR says 4500 kWh, the session 4.5 kWh: it seems to count in Wh"),
    ),
    "negative energy": (
        {"energy_kwh": D("-1")},
        ("ENERGY_NEGATIVE", "HOLD", "the CDR's energy is negative"),
    ),
    "end before start": (
        {"end_at": START - HALF_AN_HOUR},
        ("TIMES", "HOLD", "the CDR ends before it starts"),
    ),
    "time in seconds": (
        {"raw": raw(total_time=D(1800))},
        ("TIME_UNIT", "NOTE", "total_time 1800 seems to be in seconds: start to end is 0.5 h"),
    ),
    "time in minutes": (
        {"raw": raw(total_time=D(30))},
        ("TIME_UNIT", "NOTE", "total_time 30 seems to be in minutes: start to end is 0.5 h"),
    ),
    "time too long": (
        {"raw": raw(total_time=D("0.75"))},
        ("DURATION", "CONTEST", "total_time 0.75 h is longer than start to end, 0.5 h"),
    ),
    "time too short": (
        {"raw": raw(total_time=D("0.25"))},
        ("DURATION", "NOTE", "total_time 0.25 h is shorter than start to end, 0.5 h"),
    ),
    "overlap": (
        {"overlapping": (Other("CDR-0", START - HALF_AN_HOUR, START + timedelta(minutes=10), D(9)),)},
        ("OVERLAP", "CONTEST", "CDR CDR-0 is of the same connector and shares 0:10:00 with this one"),
    ),
    "unknown tariff": (
        {"raw": raw(tariffs=[tariff(id="T-9")])},
        ("TARIFF_UNKNOWN", "CONTEST", "the CDR is priced by a tariff that we were never told of: t-9"),
    ),
    "other version of the tariff": (
        {"raw": raw(tariffs=[tariff(min_price={"excl_vat": D(5)})])},
        ("TARIFF_VERSION", "CONTEST", "the tariff t-1 in the CDR is not the version that was quoted"),
    ),
    "currency": (
        {"currency": "EUR"},
        ("CURRENCY", "HOLD", "the CDR is in EUR, the order was quoted in INR"),
    ),
    "duplicate": (
        {"already_billed": True},
        ("DUPLICATE", "HOLD", "the order is billed already by another CDR that was not credited"),
    ),
    "duplicate without an order": (
        {"duplicate_of": "CDR-0"},
        ("DUPLICATE", "HOLD", "CDR CDR-0 is of the same session and was not credited"),
    ),
    "failed order": (
        {"order_failed": True},
        ("ORDER_FAILED", "HOLD", "the order had failed, or was never started, before this CDR came"),
    ),
    "late": (
        {"received_at": START + timedelta(days=20)},
        ("LATE", "NOTE", "the CDR came 19 days after the charge ended"),
    ),
    "no tariff at all": (
        {"tariff": None, "quoted": False, "quoted_currency": "", "known_tariffs": frozenset({"t-1"})},
        ("NO_PRICE", "NOTE", "no tariff is known to price this CDR by"),
    ),
}


@pytest.mark.parametrize(("over", "expected"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_found(over, expected):
    assert expected in found(**over)


@pytest.mark.parametrize("name", ["overlap", "session energy", "power", "late", "currency", "duplicate"])
def test_one_thing_wrong_is_one_finding(name):
    over, expected = WRONG[name]

    assert found(**over) == [expected]


@pytest.mark.parametrize(
    ("remark", "tail"),
    [
        ("", ""),
        ("[?]", "; its remark [?] says that the amount is not significant"),
        ("[*]", "; its remark [*] says that the amount was computed by the hub"),
    ],
)
def test_a_cost_of_nothing_holds_the_bill(remark, tail):
    nothing = {"excl_vat": D(0), "incl_vat": D(0), "raw": raw(remark=remark, total_cost=prices(0, 0))}

    codes = {code: (severity, words) for code, severity, words in found(**nothing)}

    free = "the CDR costs nothing though energy was taken under a priced tariff"
    assert codes["ZERO_COST"] == ("HOLD", free + tail)
    assert judge(replace(RIGHT, **nothing)).verdict == Severity.HOLD


def test_a_charge_that_costs_nothing_by_its_tariff_may_be_free():
    free = tariff(elements=[{"price_components": [{"type": "ENERGY", "price": D(0), "step_size": 1}]}])
    nothing = raw(tariffs=[free], total_cost=prices(0, 0), total_energy_cost=prices(0, 0))
    del nothing["total_fixed_cost"]

    assert found(excl_vat=D(0), incl_vat=D(0), tariff=free, quoted_total=D(0), raw=nothing) == []


@pytest.mark.parametrize(("minutes", "findings"), [(1, []), (2, ["OVERLAP"])])
def test_a_minute_of_overlap_is_the_clocks(minutes, findings):
    other = Other("CDR-0", START - HALF_AN_HOUR, START + timedelta(minutes=minutes), D(9))

    assert [code for code, _, _ in found(overlapping=(other,))] == findings


@pytest.mark.parametrize(
    ("theirs", "agrees"),
    [("107.38", True), ("107.49", True), ("107.50", False), ("107.27", True), ("107.26", False)],
)
def test_the_tolerance_is_a_cent_and_a_thousandth(theirs, agrees):
    """ocpi.md 3.4: 0.01 + 0.1 % of 107.38 is 0.11738."""
    incl = D(theirs)
    codes = [code for code, _, _ in found(incl_vat=incl, raw=raw(total_cost=prices("91", incl)))]

    assert ("PRICE" not in codes) is agrees


def test_the_thresholds_of_the_operator_count():
    over = {"session_kwh": D("4.0")}

    assert found(**over, limits=Thresholds(energy_percent=D(15))) == []


def test_energy_in_wh_per_period_is_read_and_told():
    periods = raw()["charging_periods"]
    periods[0]["dimensions"][0]["volume"] = D(4500)

    assert found(raw=raw(charging_periods=periods)) == [
        ("PERIODS", "NOTE", "the energy of the charging periods is in Wh")
    ]


def time_tariff():
    """1.20 an hour for charging and for parking in steps of 15 minutes: the editions of OCPI round them differently."""
    parts = [{"type": kind, "price": D("1.2"), "step_size": 900} for kind in ("TIME", "PARKING_TIME")]
    return {"id": "T-1", "currency": "INR", "elements": [{"price_components": parts}]}


def timed(total):
    """6 minutes of charging and 4 of parking."""
    periods = [
        {"start_date_time": "2026-03-01T10:00:00Z", "dimensions": [{"type": "TIME", "volume": D("0.1")}]},
        {
            "start_date_time": "2026-03-01T10:06:00Z",
            "dimensions": [{"type": "PARKING_TIME", "volume": D(4) / 60}],
        },
    ]
    return replace(
        RIGHT,
        raw={"charging_periods": periods, "tariffs": [time_tariff()], "total_cost": prices(total)},
        end_at=START + timedelta(minutes=10),
        energy_kwh=D(0),
        session_kwh=None,
        excl_vat=D(total),
        incl_vat=None,
        tariff=time_tariff(),
    )


@pytest.mark.parametrize(
    ("total", "mode", "codes"),
    [
        ("0.42", "last_dimension", []),  # 6 min exact + 15 min
        ("0.30", "combined_time", ["STEP_MODE"]),  # 10 min rounded together to 15
        ("0.20", "none", ["STEP_MODE"]),  # 10 min
        ("0.35", "last_dimension", ["PRICE"]),
    ],
)
def test_the_rounding_rule_that_agrees_is_kept(total, mode, codes):
    judged = judge(timed(total))

    assert judged.ours.step_mode == mode
    assert [each.code for each in judged.findings] == codes


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (prices("91", "107.38"), Amount(D("91"), D("107.38"))),
        (prices("91"), Amount(D("91"), None)),
        (D("91"), Amount(D("91"), None)),
        (
            {"before_taxes": D("91"), "taxes": [{"name": "CGST", "amount": D("8.19")}, {"name": "SGST", "amount": 8}]},
            Amount(D("91"), D("107.19")),
        ),
        ({"before_taxes": D("91")}, Amount(D("91"), None)),
        ({"before_taxes": D("91"), "taxes": [7]}, None),
        ({}, None),
    ],
)
def test_a_cost_is_read_as_of_any_version(given, expected):
    assert price_of({"total_cost": given}, "total_cost") == expected


ODD = [None, True, -1, 0, 10**19, D("1e-30"), D("1e30"), "", "NaN", "x", [], [1, None], {}, {"id": 7}]


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize(
    "member",
    ["tariffs", "charging_periods", "total_cost", "total_energy_cost", "total_time", "remark", "cdr_location"],
)
def test_any_value_in_any_member_is_judged(member, value):
    judge(replace(RIGHT, raw=raw(**{member: value})))


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("member", ["elements", "currency", "min_price", "id"])
def test_any_tariff_is_judged(member, value):
    judge(replace(RIGHT, tariff=tariff(**{member: value}), quoted=False))


@pytest.mark.parametrize("year", [1, 9999])
def test_any_year_is_judged(year):
    begin = datetime(year, 1 if year == 1 else 12, 1 if year == 1 else 31, tzinfo=UTC)
    periods = [{"start_date_time": f"{begin:%Y-%m-%dT00:00:00Z}".rjust(20, "0"), "dimensions": [
        {"type": "ENERGY", "volume": D("4.5")}]}]

    judge(replace(RIGHT, start_at=begin, end_at=begin + HALF_AN_HOUR, raw=raw(charging_periods=periods)))


@pytest.mark.parametrize(("theirs", "codes"), [("13", set()), ("12.5", set()), ("13.6", {"PRICE"})])
def test_amounts_of_a_currency_without_cents_are_compared_whole(theirs, codes):
    free_of_vat = {"type": "ENERGY", "price": D("2.78"), "step_size": 1}  # 4.5 kWh: 12.51
    yen = {"id": "T-1", "currency": "JPY", "elements": [{"price_components": [free_of_vat]}]}
    told = raw(currency="JPY", tariffs=[yen], total_cost=prices(theirs), total_energy_cost=None, total_fixed_cost=None)
    case = replace(
        RIGHT, raw=told, tariff=yen, currency="JPY", quoted_currency="JPY", excl_vat=D(theirs), incl_vat=None
    )

    found = {finding.code for finding in judge(case).findings if finding.severity > Severity.NOTE}

    assert found == codes
