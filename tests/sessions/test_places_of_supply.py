"""GST divided by the place of supply: CGST and SGST, UTGST or IGST, or one line where the state is not known."""

from decimal import Decimal

import pytest

from sessions.checks import check_invoices
from sessions.invoices import issuing
from sessions.invoices.places import CODES, STATES, supply_state
from sessions.models import QuoteKind
from tests.factories.catalog import OfferFactory
from tests.sessions.test_invoices import LINES, bill, line

KARNATAKA, DELHI = "29ABCDE1234F1Z5", "07ABCDE1234F1Z5"


def taxes(settings, *, seller=KARNATAKA, lines=LINES, currency="INR", **place):
    settings.INVOICE_GST_BY_STATE, settings.INVOICE_SELLER_TAX_ID = True, seller
    offer = OfferFactory()
    for name, value in ({"postal_code": "", "state": "", "country": "IND"} | place).items():
        setattr(offer.location, name, value)
    offer.location.save()
    return issuing.issue(bill(offer, lines=lines, currency=currency)).taxes


@pytest.mark.django_db
class TestInvoices:
    def test_within_the_state_it_is_halves(self, settings):
        assert taxes(settings, state="Karnataka") == [
            {
                "name": "GST", "percent": "18", "net": "91.00", "tax": "16.38", "place": "29",
                "parts": [
                    {"name": "CGST", "percent": "9", "tax": "8.19"}, {"name": "SGST", "percent": "9", "tax": "8.19"},
                ],
            }
        ]  # fmt: skip

    def test_in_another_state_it_is_integrated(self, settings):
        assert taxes(settings, seller=DELHI, state="KA") == [
            {"name": "IGST", "percent": "18", "net": "91.00", "tax": "16.38", "place": "29"}
        ]

    def test_a_union_territory_without_legislature_has_its_own(self, settings):
        [tax] = taxes(settings, seller="04ABCDE1234F1Z5", state="Chandigarh", lines=[line("energy-cost", "1.05", "5")])

        assert [(part["name"], part["percent"], part["tax"]) for part in tax["parts"]] == [
            ("CGST", "2.5", "0.03"), ("UTGST", "2.5", "0.02"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "over",
        [
            {}, {"state": "Atlantis"}, {"state": "Karnataka", "country": "NPL"}, {"postal_code": "400001"},
            {"state": "Karnataka", "seller": "no GSTIN"},
        ],
    )  # fmt: skip
    def test_where_a_state_is_not_known_it_stays_one_line(self, settings, over):
        assert taxes(settings, **over) == [{"name": "GST", "percent": "18", "net": "91.00", "tax": "16.38"}]

    def test_another_currency_is_not_indian_tax(self, settings):
        [tax] = taxes(settings, state="Karnataka", currency="EUR")

        assert (tax["name"], "parts" in tax) == ("VAT", False)

    def test_it_is_off_unless_it_is_set(self, settings):
        settings.INVOICE_SELLER_TAX_ID = DELHI

        assert issuing.issue(bill()).taxes == [{"name": "GST", "percent": "18", "net": "91.00", "tax": "16.38"}]

    def test_a_credit_note_takes_the_halves_back(self, settings):
        settings.INVOICE_GST_BY_STATE, settings.INVOICE_SELLER_TAX_ID = True, DELHI  # of the factory's station
        first = bill()
        issuing.issue(first)
        part = bill(
            order=first.order, lines=[*LINES, line("credit", "-10.74")], kind=QuoteKind.CREDIT, total=Decimal("96.64")
        )

        [tax] = issuing.issue(part).taxes

        assert (tax["net"], tax["tax"], [half["tax"] for half in tax["parts"]]) == ("-9.10", "-1.64", ["-0.82", "-0.82"])

    def test_the_document_names_place_and_halves(self, settings, monkeypatch):
        from tests.sessions.test_invoices import TestPdf

        settings.INVOICE_GST_BY_STATE, settings.INVOICE_SELLER_TAX_ID = True, DELHI
        said = TestPdf().texts(monkeypatch, issuing.issue(bill()))

        for words in ("Place of supply: 07 Delhi", "GST 18 %", "of it CGST 9 %", "of it SGST 9 %", "8.19", "107.38"):
            assert words in said, words


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"state": "karnataka "}, "29"),
        ({"state": "IN-KA"}, "29"),
        ({"state": "29"}, "29"),
        ({"state": "Jammu & Kashmir"}, "01"),
        ({"state": "NCT of Delhi", "postal_code": "560001"}, "07"),
        ({"postal_code": "560 001"}, "29"),
        ({"postal_code": "110001", "country": "IN"}, "07"),
        ({"postal_code": "56000"}, ""),
        ({"postal_code": "400001"}, ""),  # 40 is Maharashtra and Goa
        ({"state": "Karnataka", "country": "DEU"}, ""),
    ],
)
def test_the_state_of_a_station(place, code):
    assert supply_state(**({"country": "", "state": "", "postal_code": ""} | place)) == code


def test_no_spelling_names_two_states():
    assert len(CODES) == sum(len(names) for names in STATES.values())


@pytest.mark.parametrize(("tax_id", "ids"), [("", ["sessions.E004"]), ("99X", ["sessions.E004"]), (DELHI, [])])
def test_a_split_without_the_sellers_state_is_told(settings, tax_id, ids):
    settings.INVOICE_GST_BY_STATE, settings.INVOICE_SELLER_TAX_ID = True, tax_id

    assert [found.id for found in check_invoices(None)] == ids
