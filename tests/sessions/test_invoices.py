"""Invoice numbers without gaps, tax lines, links that expire, and the PDF."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.core import signing
from django.db import transaction
from django.utils import timezone

from emsp.core.links import LinkExpired, LinkInvalid
from emsp.core.money import to_cents
from sessions.invoices import issuing, links
from sessions.invoices.pdf import invoice_pdf
from sessions.invoices.taxes import scaled, tax_lines
from sessions.models import Bill, Invoice, InvoiceSeries, Order, Quote, QuoteKind
from tests.factories.catalog import OfferFactory
from tests.races import at_once

D = Decimal
YEAR = issuing.financial_year(timezone.now())


def line(code, amount, vat=None, quantity="1", unit="session", unit_price=None):
    return {
        "code": code, "quantity": quantity, "unit": unit, "unit_price": unit_price, "amount": amount, "vat": vat,
    }


LINES = [line("energy-cost", "95.58", "18", "4.5", "kWh", "21.24"), line("service-charge", "11.80", "18")]


def bill(offer=None, *, order=None, lines=LINES, kind=QuoteKind.BILL, currency="INR", total=None):
    offer = offer or (order and order.offer) or OfferFactory()
    order = order or Order.objects.create(
        offer=offer, party=offer.party, sold_through="bap.example", state="BILLED"
    )
    total = total or sum(D(each["amount"]) for each in lines)
    quote = Quote.objects.create(
        order=order, offer=offer, kind=kind, energy_kwh=D("4.5"), currency=currency, total=total,
        lines=lines, tariff={},
    )
    return Bill.objects.create(order=order, quote=quote)


class TestTaxes:
    def test_each_rate_has_its_line(self):
        lines = [
            line("energy-cost", "95.58", "18"),
            line("service-charge", "11.80", "18.00"),
            line("parking-fee", "10.50", "5"),
            line("reservation-fee", "3.00"),
        ]

        assert tax_lines(lines, "INR") == [
            {"name": "GST", "percent": "5", "net": "10.00", "tax": "0.50"},
            {"name": "GST", "percent": "18", "net": "91.00", "tax": "16.38"},
        ]

    def test_net_and_tax_add_up_to_what_is_paid(self):
        [tax] = tax_lines([line("energy-cost", "0.05", "18")], "INR")

        assert (tax["net"], tax["tax"]) == ("0.04", "0.01")

    def test_a_limit_carries_the_tax_of_what_it_limits(self):
        """118.00 at 18 % are capped by 18.00: 100.00 at 18 %."""
        lines = [line("energy-cost", "118.00", "18"), line("quote-cap", "-18.00")]

        assert tax_lines(lines, "INR") == [{"name": "GST", "percent": "18", "net": "84.75", "tax": "15.25"}]

    def test_a_limit_is_spread_over_the_rates(self):
        lines = [
            line("energy-cost", "100.00", "18"), line("parking-fee", "50.00", "5"), line("price-limit", "-0.01"),
        ]

        gross = [D(tax["net"]) + D(tax["tax"]) for tax in tax_lines(lines, "INR")]

        assert gross == [D("50.00"), D("99.99")]

    @pytest.mark.parametrize(("currency", "name"), [("INR", "GST"), ("EUR", "VAT"), ("GBP", "VAT"), ("AUD", "GST")])
    def test_the_tax_has_the_name_of_the_country(self, currency, name):
        assert tax_lines(LINES, currency)[0]["name"] == name

    def test_a_part_is_taken_back(self):
        assert scaled(tax_lines(LINES, "INR"), D("-0.5")) == [
            {"name": "GST", "percent": "18", "net": "-45.50", "tax": "-8.19"}
        ]

    @pytest.mark.parametrize("share", ["-0.1", "-0.3333", "0.5", "-0.07"])
    def test_a_part_adds_up_for_each_rate_and_in_total(self, share):
        taxes = [
            {"name": "GST", "percent": "5", "net": "0.03", "tax": "0.02"},
            {"name": "GST", "percent": "18", "net": "10.05", "tax": "1.81"},
            {"name": "GST", "percent": "28", "net": "0.05", "tax": "0.05"},
        ]

        part = scaled(taxes, D(share))

        gross = [D(tax["net"]) + D(tax["tax"]) for tax in part]
        assert [gross[0], gross[2]] == [to_cents(D("0.05") * D(share)), to_cents(D("0.10") * D(share))]
        assert sum(gross) == to_cents(D("12.01") * D(share))


class TestNumbers:
    pytestmark = pytest.mark.django_db

    def test_they_count_up_in_their_year(self):
        assert [issuing.issue(bill()).number for _ in range(3)] == [
            f"INV/{YEAR}/000001", f"INV/{YEAR}/000002", f"INV/{YEAR}/000003",
        ]

    def test_sixteen_characters_are_the_most(self):
        """CGST Rule 46(b)."""
        assert len(issuing.issue(bill()).number) == 16

    def test_one_bill_has_one_invoice(self):
        one = bill()

        assert issuing.issue(one) == issuing.issue(one)
        assert InvoiceSeries.objects.get().last_number == 1

    def test_credit_notes_have_a_series_of_their_own(self):
        first = bill()
        issuing.issue(first)
        credit = [*LINES, line("credit", "-107.38")]
        note = issuing.issue(bill(order=first.order, lines=credit, kind=QuoteKind.CREDIT, total=D("0.00")))

        assert (note.number, note.total, note.corrects.number) == (
            f"CRN/{YEAR}/000001", D("-107.38"), f"INV/{YEAR}/000001",
        )
        assert [each["amount"] for each in note.lines] == ["-95.58", "-11.80"]
        assert note.taxes == [{"name": "GST", "percent": "18", "net": "-91.00", "tax": "-16.38"}]

    def test_a_credit_of_nothing_invoiced_has_no_note(self):
        credit = [*LINES, line("credit", "-107.38")]

        assert issuing.issue(bill(lines=credit, kind=QuoteKind.CREDIT)) is None
        assert not InvoiceSeries.objects.exists()

    def test_what_is_rolled_back_leaves_no_gap(self):
        issuing.issue(bill())
        with pytest.raises(RuntimeError), transaction.atomic():
            issuing.issue(bill())
            raise RuntimeError
        assert issuing.issue(bill()).number == f"INV/{YEAR}/000002"

    @pytest.mark.parametrize(
        ("moment", "begins_in", "year"),
        [
            ("2026-03-31T18:29:59+00:00", 4, "25-26"),  # 23:59:59 in India
            ("2026-03-31T18:30:00+00:00", 4, "26-27"),
            ("2026-12-31T12:00:00+00:00", 1, "2026"),
            ("2099-04-01T12:00:00+00:00", 4, "99-00"),
        ],
    )
    def test_the_financial_year(self, settings, moment, begins_in, year):
        settings.INVOICE_YEAR_STARTS_IN = begins_in

        assert issuing.financial_year(datetime.fromisoformat(moment)) == year

    def test_a_new_year_begins_at_one(self, monkeypatch):
        issuing.issue(bill())
        monkeypatch.setattr(issuing.timezone, "now", lambda: datetime(2031, 5, 1, tzinfo=UTC))

        assert issuing.issue(bill()).number == "INV/31-32/000001"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_leave_no_gap():
    """Forty bills on eight threads; every fifth transaction is rolled back after it took its number."""
    offer = OfferFactory()
    waiting = [bill(offer) for _ in range(40)]

    def work(mine):
        for number, one in enumerate(mine):
            with suppress(ZeroDivisionError), transaction.atomic():
                issuing.issue(one)
                if number == 2:
                    raise ZeroDivisionError

    at_once(*(partial(work, waiting[n::8]) for n in range(8)))

    assert sorted(Invoice.objects.values_list("serial", flat=True)) == list(range(1, 33))
    assert InvoiceSeries.objects.get().last_number == 32


@pytest.mark.django_db
class TestLinks:
    def test_a_link_gives_its_invoice_until_it_expires(self, settings):
        invoice = issuing.issue(bill())
        url, valid_until = links.receipt_url(invoice)
        token = url.removeprefix("http://testserver/receipts/")

        assert links.invoice_of_link(token) == invoice
        assert abs(valid_until - timezone.now() - timedelta(days=30)) < timedelta(seconds=10)
        settings.RECEIPT_URL_TTL_S = -1
        with pytest.raises(LinkExpired):
            links.invoice_of_link(token)

    def test_a_changed_link_is_not_ours(self):
        token = signing.dumps(issuing.issue(bill()).number, salt=links.SALT)

        for wrong in (token[:-1] + ("a" if token[-1] != "a" else "b"), "x", signing.dumps("INV/1", salt="other")):
            with pytest.raises(LinkInvalid):
                links.invoice_of_link(wrong)

    def test_the_page_tells_expired_from_wrong(self, client, settings):
        path = links.receipt_path(issuing.issue(bill()))

        answer = client.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-")
        assert answer["Cache-Control"] == "private, no-store"
        assert client.get(path + "x").status_code == 404
        assert client.post(path).status_code == 405
        settings.RECEIPT_URL_TTL_S = -1
        assert client.get(path).status_code == 410


@pytest.mark.django_db
class TestPdf:
    def texts(self, monkeypatch, invoice, **over):
        """All texts that the document is made of."""
        from sessions import documents
        from sessions.invoices import pdf

        said = []
        real = documents.text

        def listening(words, **look):
            said.append(str(words))
            return real(words, **look)

        monkeypatch.setattr(documents, "text", listening)
        monkeypatch.setattr(pdf, "text", listening)
        assert invoice_pdf(invoice, **over).startswith(b"%PDF-")
        return said

    def test_an_indian_invoice(self, monkeypatch, settings):
        settings.INVOICE_SELLER_TAX_ID = "29ABCDE1234F1Z5"
        said = self.texts(monkeypatch, issuing.issue(bill()), buyer=["Test Driver", "1 <b>Test</b> & Road"])

        for words in (
            "Tax invoice", f"INV/{YEAR}/000001", "GSTIN 29ABCDE1234F1Z5", "Test Driver", "Energy", "4.5 kWh",
            "21.24", "95.58", "Amount (INR)", "Total, tax included", "107.38", "GST 18 %", "91.00", "16.38",
        ):
            assert words in said, words

    def test_another_currency_has_vat(self, monkeypatch):
        said = self.texts(monkeypatch, issuing.issue(bill(currency="EUR", lines=[line("energy-cost", "1.20", "20")])))

        assert "VAT 20 %" in said and "Amount (EUR)" in said and "GST 20 %" not in said

    def test_without_tax_it_says_so(self, monkeypatch):
        said = self.texts(monkeypatch, issuing.issue(bill(lines=[line("energy-cost", "81.00")])))

        assert "Invoice" in said
        assert "The operator's tariff names no GST; no tax is shown separately." in said

    def test_any_script_makes_a_document(self, monkeypatch):
        assert self.texts(monkeypatch, issuing.issue(bill()), buyer=["चालक", "Ünïcödé ₹ \u202e"])
