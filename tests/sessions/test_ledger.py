"""What orders are in the ledger, and what the database refuses."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from ocpi.services import tariffs
from sessions.invoices import issuing
from sessions.ledger import entries, journal, proof
from sessions.ledger.journal import Side, Unbalanced
from sessions.models import Account, Bill, EntryKind, Invoice, JournalEntry, Order, Posting, Quote
from tests.factories.catalog import OfferFactory
from tests.flows.world import tariff

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 4)


def now_checked():
    """What commit would check, checked now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def with_vat(cpo):
    parts = [
        {"type": "ENERGY", "price": 18.0, "vat": 18.0, "step_size": 1},
        {"type": "FLAT", "price": 10.0, "vat": 18.0, "step_size": 1},
    ]
    made = tariff(elements=[{"price_components": parts}], last_updated="2026-03-02T08:00:00Z")
    tariffs.store_tariffs(cpo.party, [made], received_at=timezone.now())


def test_a_bill_is_receivable_payable_tax_and_margin(driver, cpo, sides):
    with_vat(cpo)
    cpo.cdr(driver.charge(), total_cost={"excl_vat": 88.0, "incl_vat": 103.84})
    now_checked()

    entry = JournalEntry.objects.get()

    assert Bill.objects.get().quote.total == Decimal("107.38")  # 4.5 kWh at 21.24 and 11.80
    assert sides(entry) == [
        ("RECEIVABLE_BAP", "107.38"),
        ("REVENUE", "-91.00"),
        ("TAX", "-16.38"),
        ("COST", "88.00"),
        ("TAX", "15.84"),
        ("PAYABLE_CPO", "-103.84"),
    ]
    assert (entry.key, entry.kind, entry.order) == (f"bill:{Bill.objects.get().pk}", "BILL", entry.bill.order)
    assert {(row.party, row.bap_id) for row in entry.postings.all()} == {(cpo.party, "bap.tests.example")}


def test_a_bill_is_booked_once(driver, cpo):
    cpo.cdr(driver.charge())

    again = entries.book_bill(Bill.objects.get())

    assert JournalEntry.objects.get() == again
    assert Posting.objects.count() == 4


def test_a_credit_takes_the_bill_back_and_a_corrected_one_books_anew(driver, cpo, sides):
    session = driver.charge()
    cpo.cdr(session)
    cpo.cdr(session, id="CDR-2", total=-91.0, credit=True, credit_reference_id="CDR-1")
    cpo.cdr(session, id="CDR-3", kwh=4.0, total=82.0)
    now_checked()

    bill, credit, corrected = JournalEntry.objects.order_by("pk")

    assert [entry.kind for entry in (bill, credit, corrected)] == ["BILL", "CREDIT", "BILL"]
    assert credit.reverses == bill
    assert sides(credit) == [(account, str(-Decimal(amount))) for account, amount in sides(bill)]
    assert sides(corrected)[0] == ("RECEIVABLE_BAP", "82.00")
    assert sides(corrected)[-1] == ("PAYABLE_CPO", "-82.00")


def part_credit(cpo, session, number=2, excl=-9.1, incl=-9.1):
    cost = {"excl_vat": excl, "incl_vat": incl}
    cpo.cdr(session, id=f"CDR-{number}", credit=True, credit_reference_id="CDR-1", total_cost=cost)


def balances():
    sums = Posting.objects.order_by().values_list("account").annotate(sum=Sum("amount"))
    return {account: str(amount) for account, amount in sums if amount}


def test_a_credit_of_a_part_takes_that_part_back(driver, cpo, sides):
    session = driver.charge()
    cpo.cdr(session)

    part_credit(cpo, session)
    now_checked()

    credit = JournalEntry.objects.get(kind="CREDIT")
    assert sides(credit) == [
        ("RECEIVABLE_BAP", "-9.10"), ("REVENUE", "9.10"), ("COST", "-9.10"), ("PAYABLE_CPO", "9.10"),
    ]  # fmt: skip
    assert (credit.reverses, credit.bill.quote.total) == (None, Decimal("81.90"))
    assert balances() == {
        "RECEIVABLE_BAP": "81.90", "REVENUE": "-81.90", "COST": "81.90", "PAYABLE_CPO": "-81.90",
    }  # fmt: skip


def test_the_tax_of_a_part_is_that_of_its_credit_note(driver, cpo, sides):
    with_vat(cpo)
    session = driver.charge()
    cpo.cdr(session, total_cost={"excl_vat": 91.0, "incl_vat": 107.38})

    part_credit(cpo, session, excl=-9.1, incl=-10.74)

    note = Invoice.objects.get(kind="CREDIT_NOTE")
    assert (note.total, note.taxes) == (
        Decimal("-10.74"), [{"name": "GST", "percent": "18", "net": "-9.10", "tax": "-1.64"}],
    )  # fmt: skip
    assert sides(JournalEntry.objects.get(kind="CREDIT")) == [
        ("RECEIVABLE_BAP", "-10.74"), ("REVENUE", "9.10"), ("TAX", "1.64"),
        ("COST", "-9.10"), ("TAX", "-1.64"), ("PAYABLE_CPO", "10.74"),
    ]  # fmt: skip


def test_parts_and_then_all_of_it_leave_nothing(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    part_credit(cpo, session)
    part_credit(cpo, session, 3)
    assert balances()["RECEIVABLE_BAP"] == "72.80"

    part_credit(cpo, session, 4, -91.0, -91.0)
    now_checked()

    assert Bill.objects.first().quote.total == 0
    assert balances() == {}


def test_a_corrected_bill_after_a_part_was_credited_stands_alone(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    part_credit(cpo, session)
    part_credit(cpo, session, 3, -91.0, -91.0)

    cpo.cdr(session, id="CDR-4", kwh=4.0, total=82.0)

    assert (balances()["RECEIVABLE_BAP"], balances()["PAYABLE_CPO"]) == ("82.00", "-82.00")


def entry_of(lines, **over):
    """What is booked for a bill of these lines: (code, amount, VAT in %)."""
    stored = [{"code": code, "amount": amount, "vat": vat} for code, amount, vat in lines]
    offer = OfferFactory()
    order = Order.objects.create(offer=offer, party=offer.party, sold_through="bap.example", state="BILLED")
    total = sum(Decimal(amount) for _, amount, _ in lines)
    quote = Quote.objects.create(
        order=order, offer=offer, kind="BILL", energy_kwh=5, currency="INR", total=total, lines=stored, tariff={}
    )
    return entries.book_bill(Bill.objects.create(order=order, quote=quote, **over))


@pytest.mark.parametrize(
    ("lines", "booked"),
    [
        (
            [("energy-cost", "118.00", "18"), ("platform-fee", "11.80", "18")],
            [("RECEIVABLE_BAP", "129.80"), ("REVENUE", "-100.00"), ("FEE", "-10.00"), ("TAX", "-19.80")],
        ),
        (
            [("energy-cost", "118.00", "18"), ("parking-fee", "10.50", "5"), ("service-charge", "3.00", None)],
            [("RECEIVABLE_BAP", "131.50"), ("REVENUE", "-113.00"), ("TAX", "-18.50")],
        ),
        (
            [("energy-cost", "118.00", "18"), ("quote-cap", "-18.00", None)],
            [("RECEIVABLE_BAP", "100.00"), ("REVENUE", "-84.75"), ("TAX", "-15.25")],
        ),
        (
            [("energy-cost", "118.00", "18"), ("cancellation-fee", "20.00", None)],
            [("RECEIVABLE_BAP", "138.00"), ("REVENUE", "-100.00"), ("FEE", "-20.00"), ("TAX", "-18.00")],
        ),
    ],
)
def test_the_tax_booked_is_that_of_the_invoice(sides, lines, booked):
    entry = entry_of(lines)

    assert sides(entry) == booked
    invoice = issuing.issue(entry.bill)
    assert sum(Decimal(tax["tax"]) for tax in invoice.taxes) == -Decimal(dict(booked)["TAX"])


def test_a_second_bill_without_credit_replaces_the_first(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    cpo.cdr(session, id="CDR-2", kwh=4.0, total=82.0)  # held: the order is billed already
    assert JournalEntry.objects.count() == 1

    from sessions.services.billing import release_held

    release_held(Bill.objects.exclude(held="").get())

    owed = Posting.objects.filter(account=Account.RECEIVABLE_BAP).values_list("amount", flat=True)
    assert sorted(owed) == [Decimal("-91.00"), Decimal("82.00"), Decimal("91.00")]
    assert proof.problems() == []


def test_a_held_bill_is_not_booked(driver, cpo):
    cpo.cdr(driver.charge(), kwh=400, total=7210.0)  # more than the connector can deliver

    assert Bill.objects.get().held
    assert not JournalEntry.objects.exists()


def test_sides_that_do_not_add_up_are_refused_before_the_database_sees_them():
    sides = [Side(Account.CASH, Decimal("10.00"), "INR"), Side(Account.REFUND, Decimal("-9.99"), "INR")]

    with pytest.raises(Unbalanced, match=r"^off by 0\.01 INR$"):
        journal.book("x", EntryKind.PAYMENT, sides, text="x", occurred_on=DAY)
    with pytest.raises(Unbalanced, match="off by 10.00 INR; off by -10.00 EUR"):
        two = [Side(Account.CASH, Decimal("10.00"), "INR"), Side(Account.REFUND, Decimal("-10.00"), "EUR")]
        journal.book("x", EntryKind.PAYMENT, two, text="x", occurred_on=DAY)
    with pytest.raises(Unbalanced, match="whole cents"):
        odd = [Side(Account.CASH, Decimal("0.001"), "INR"), Side(Account.REFUND, Decimal("-0.001"), "INR")]
        journal.book("x", EntryKind.PAYMENT, odd, text="x", occurred_on=DAY)
    assert not JournalEntry.objects.exists()


def raw_entry(*postings):
    entry = JournalEntry.objects.create(
        key="raw", kind=EntryKind.PAYMENT, occurred_on=DAY, booked_on=DAY, text="behind the service's back"
    )
    for account, amount, currency in postings:
        Posting.objects.create(entry=entry, account=account, amount=Decimal(amount), currency=currency)
    return entry


@pytest.mark.parametrize(
    ("postings", "said"),
    [
        ([("CASH", "10.00", "INR"), ("REFUND", "-9.99", "INR")], "is off by 0.01 INR"),
        ([("CASH", "10.00", "INR"), ("REFUND", "-10.00", "EUR")], "is off by"),
        ([("CASH", "10.00", "INR")], "has 1 posting"),
        ([], "has 0 posting"),
    ],
)
def test_the_database_refuses_an_entry_that_is_not_balanced(postings, said):
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        raw_entry(*postings)
        now_checked()

    assert not JournalEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_it_at_commit():
    with pytest.raises(IntegrityError, match="is off by 0.01 INR"), transaction.atomic():
        raw_entry(("CASH", "10.00", "INR"), ("REFUND", "-9.99", "INR"))

    assert not JournalEntry.objects.exists()


def test_a_posting_that_is_added_later_must_balance_too(driver, cpo):
    cpo.cdr(driver.charge())
    now_checked()

    with pytest.raises(IntegrityError, match="is off by 1.00 INR"), transaction.atomic():
        Posting.objects.create(
            entry=JournalEntry.objects.get(), account="CASH", amount=Decimal(1), currency="INR"
        )


@pytest.mark.parametrize("change", ["UPDATE", "DELETE"])
def test_entries_are_never_changed(driver, cpo, change):
    cpo.cdr(driver.charge())
    now_checked()
    said = f"{change} of charging_sessions_posting is refused"

    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        rows = Posting.objects.filter(account="COST")
        rows.update(amount=1) if change == "UPDATE" else rows.delete()
    with (
        pytest.raises(IntegrityError, match="charging_sessions_journalentry is refused"),
        transaction.atomic(),
    ):
        rows = JournalEntry.objects.all()
        rows.update(text="other") if change == "UPDATE" else rows._raw_delete("default")

    assert Posting.objects.count() == 4
