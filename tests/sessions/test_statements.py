"""Statements: sums, closing, corrections after closing, files, and the back office's pages."""

import csv
import io
import json
import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from sessions import documents
from sessions.ledger import entries, export, journal, proof, report, statements
from sessions.ledger.entries import ReasonMissing
from sessions.ledger.journal import Side
from sessions.ledger.statements import PeriodNotClosable
from sessions.models import Account, EntryKind, JournalEntry, Posting, Statement
from tests.factories.catalog import PartyFactory

pytestmark = pytest.mark.django_db
FIRST, LAST, NEXT = date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)
BAP = "bap.tests.example"


@pytest.fixture
def party(db):
    return PartyFactory(name="Volt & Co")


def sell(party, key, day, *, sold="118.00", bought="88.00", bap=BAP):
    """An order that the driver pays `sold` for (18 % tax in it), and that costs us `bought` without tax."""
    total, cost = Decimal(sold), Decimal(bought)
    net = (total / Decimal("1.18")).quantize(Decimal("0.01"))
    whose = {"currency": "INR", "party": party, "bap_id": bap}
    sides = [
        Side(Account.RECEIVABLE_BAP, total, **whose),
        Side(Account.REVENUE, -net, **whose),
        Side(Account.TAX, net - total, **whose),
        Side(Account.COST, cost, **whose),
        Side(Account.PAYABLE_CPO, -cost, **whose),
    ]
    return journal.book(key, EntryKind.BILL, sides, text=f"order {key}", occurred_on=day)


def statement_of(party=None, bap="", since=FIRST, until=LAST, currency="INR"):
    kind = "CPO" if party else "BAP"
    return statements.build(
        Statement(kind=kind, party=party, bap_id=bap, period_from=since, period_to=until, currency=currency)
    )


def sums(statement):
    return [str(getattr(statement, name)) for name in ("billed", "credited", "adjusted", "total")]


def test_statements_add_up_what_was_booked_for_their_counterparty_and_days(party):
    other = PartyFactory()
    sell(party, "a", FIRST)
    sell(party, "b", LAST, sold="59.00", bought="40.50")
    sell(party, "next month", NEXT)
    sell(other, "other operator", FIRST, bought="7.00")
    sell(party, "other app", FIRST, sold="11.80", bought="1.00", bap="other.example")

    assert sums(statement_of(party)) == ["129.50", "0.00", "0.00", "129.50"]
    assert sums(statement_of(bap=BAP)) == ["295.00", "0.00", "0.00", "295.00"]
    assert sums(statement_of(party, currency="EUR")) == ["0.00"] * 4
    rows = list(statements.rows(statement_of(party, until=FIRST)))
    assert [(row.text, str(row.amount)) for row in rows] == [
        ("order a", "88.00"),
        ("order other app", "1.00"),
    ]


def test_credits_and_adjustments_are_netted(party):
    taken_back = sell(party, "a", FIRST)
    sell(party, "b", FIRST, sold="59.00", bought="40.50")
    journal.reverse(taken_back, text="credited", occurred_on=LAST)
    statement = statement_of(party)
    entries.adjust(statement, Decimal("-5.25"), "penalty for downtime")

    assert sums(statements.build(statement)) == ["128.50", "-88.00", "-5.25", "35.25"]
    owed = statement_of(bap=BAP)
    entries.adjust(owed, Decimal("2.00"), "dunning fee")
    assert sums(statements.build(owed)) == ["177.00", "-118.00", "2.00", "61.00"]
    assert proof.problems() == []


def test_an_adjustment_needs_a_reason(party):
    statement = statement_of(party)

    for amount, reason in ((Decimal("1.00"), " "), (Decimal("0.001"), "why not")):
        with pytest.raises(ReasonMissing):
            entries.adjust(statement, amount, reason)

    assert not JournalEntry.objects.exists()


def test_what_comes_after_closing_counts_in_the_next_period(party):
    bill = sell(party, "a", FIRST)
    closed = statements.close(statement_of(party), today=NEXT)

    credit = journal.reverse(bill, text="credited", occurred_on=LAST)
    late = sell(party, "late", FIRST, bought="10.00")
    adjustment = entries.adjust(closed, Decimal("3.00"), "forgotten")

    for entry in (credit, late, adjustment):
        assert entry.booked_on == NEXT
    assert (credit.occurred_on, late.occurred_on) == (LAST, FIRST)
    closed.refresh_from_db()
    assert sums(closed) == sums(statements.build(closed)) == ["88.00", "0.00", "0.00", "88.00"]
    april = statement_of(party, since=NEXT, until=date(2026, 4, 30))
    assert sums(april) == ["10.00", "-88.00", "3.00", "-75.00"]


def test_only_the_counterparties_of_a_closed_statement_move(party):
    sell(party, "a", FIRST)
    statements.close(statement_of(party), today=NEXT)

    assert sell(PartyFactory(), "other operator", FIRST).booked_on == FIRST
    assert sell(party, "this operator", FIRST).booked_on == NEXT


def test_a_day_behind_two_closed_periods_moves_behind_both(party):
    statements.close(statement_of(party), today=NEXT)
    april = statement_of(party, since=NEXT, until=date(2026, 4, 30))
    statements.close(april, today=date(2026, 5, 1))

    assert sell(party, "late", FIRST).booked_on == date(2026, 5, 1)


def test_the_database_refuses_a_posting_into_a_closed_period(party):
    statements.close(statement_of(party), today=NEXT)

    with pytest.raises(IntegrityError, match="the period is closed"), transaction.atomic():
        entry = JournalEntry.objects.create(
            key="x", kind="BILL", occurred_on=LAST, booked_on=LAST, text="behind the service's back"
        )
        Posting.objects.create(
            entry=entry, account="PAYABLE_CPO", party=party, amount=Decimal(-1), currency="INR"
        )

    assert not Posting.objects.exists()


def test_the_database_keeps_a_closed_statement(party):
    closed = statements.close(statement_of(party), today=NEXT)

    with pytest.raises(IntegrityError, match="the statement is closed"), transaction.atomic():
        Statement.objects.filter(pk=closed.pk).update(total=1)
    with pytest.raises(IntegrityError, match="the statement is closed"), transaction.atomic():
        closed.delete()

    assert Statement.objects.get().total == 0


def test_a_period_closes_once_when_it_is_over_and_not_over_another(party):
    statement = statement_of(party)
    with pytest.raises(PeriodNotClosable, match="not over before the end of 2026-03-31"):
        statements.close(statement, today=LAST)
    statements.close(statement, today=NEXT)

    with pytest.raises(PeriodNotClosable, match="closed already"):
        statements.close(statement, today=NEXT)
    with pytest.raises(PeriodNotClosable, match="covers days of this period"):
        statements.close(statement_of(party, since=LAST, until=NEXT), today=date(2026, 5, 1))


def test_a_month_is_built_for_everybody_in_it(party):
    sell(party, "a", FIRST)
    sell(PartyFactory(), "b", LAST, bap="other.example")

    assert statements.build_month(date(2026, 3, 15)) == 4
    assert statements.build_month(date(2026, 3, 16)) == 4
    assert Statement.objects.count() == 4
    assert {(row.period_from, row.period_to) for row in Statement.objects.all()} == {(FIRST, LAST)}
    assert Statement.objects.get(party=party).total == Decimal("88.00")


def test_the_files_hold_the_same_rows_and_the_total(party):
    sell(party, "a", FIRST)
    statement = statement_of(party)
    entries.adjust(statement, Decimal("-5.25"), "=cmd()")
    statements.build(statement)

    told = json.loads(export.as_json(statement))
    lines = list(csv.DictReader(io.StringIO(export.as_csv(statement).decode("utf-8-sig"))))

    assert told["total"] == "82.75"
    assert [(row["text"], row["amount"]) for row in told["rows"]] == [
        ("order a", "88.00"),
        ("=cmd()", "-5.25"),
    ]
    assert [(row["text"], row["amount"]) for row in lines] == [
        ("order a", "88.00"),
        ("'=cmd()", "-5.25"),  # a spreadsheet must not calculate it
        ("total", "82.75"),
    ]
    assert export.as_pdf(statement).startswith(b"%PDF-")


def test_the_pdf_tells_sums_and_rows_in_the_look_of_the_house(party, monkeypatch, settings):
    settings.INVOICE_SELLER_NAME = "Charging & Sons"
    sell(party, "a", FIRST)
    statement = statement_of(party)
    entries.adjust(statement, Decimal("-5.25"), "penalty <b>for</b> downtime")
    said = []
    real = documents.text
    for module in (documents, export):
        monkeypatch.setattr(module, "text", lambda words, **look: (said.append(str(words)), real(words, **look))[1])

    file = export.as_pdf(statements.build(statement))

    assert file.startswith(b"%PDF-")
    for words in (
        "Statement of account", str(party), "2026-03-01 to 2026-03-31 (UTC), INR; draft, not closed", "Billed", "88.00",
        "We owe the operator", "82.75", "Adjustment: penalty <b>for</b> downtime", "-5.25",
    ):  # fmt: skip
        assert words in said, words


def test_the_statement_of_an_order_that_was_charged_is_what_the_operator_asks(driver, cpo):
    cpo.cdr(driver.charge())
    today = journal.today()

    owed = statement_of(cpo.party, since=today, until=today)
    due = statement_of(bap=BAP, since=today, until=today)

    assert sums(owed) == sums(due) == ["91.00", "0.00", "0.00", "91.00"]
    row = next(statements.rows(owed))
    assert (row.kind, row.order, row.energy_kwh) == ("BILL", driver.order_id, Decimal("4.5"))


def test_the_margin_is_told_per_operator_and_day(party):
    sell(party, "a", FIRST)
    sell(party, "b", LAST, sold="59.00", bought="60.00")
    sell(PartyFactory(name="Amp"), "c", LAST, sold="118.00", bought="40.00")

    operators = report.per_operator(FIRST, LAST, "INR")
    days = report.per_day(FIRST, LAST, "INR")

    assert [(row.name, str(row.revenue), str(row.cost), str(row.margin)) for row in operators] == [
        ("Amp", "100.00", "40.00", "60.00"),
        ("Volt & Co", "150.00", "148.00", "2.00"),
    ]
    assert (len(days), str(days[0].margin), str(days[1].margin), str(days[-1].margin)) == (
        31, "12.00", "0.00", "50.00",
    )  # fmt: skip
    assert (str(operators[0].percent), days[1].percent) == ("60.0", None)


class TestBackOffice:
    def test_the_margin_page_shows_charts_and_sums(self, admin_client, party):
        sell(party, "a", FIRST)

        page = admin_client.get(
            reverse("admin:sessions_margin"), {"since": FIRST, "until": LAST}
        ).content.decode()

        assert page.count('class="chart"') == 2
        assert "12.00 INR" in page
        assert "Volt &amp; Co" in page

    def test_a_statement_is_added_adjusted_downloaded_and_closed(self, admin_client, party):
        sell(party, "a", FIRST)
        form = {"kind": "CPO", "party": party.pk, "period_from": FIRST, "period_to": LAST, "currency": "INR"}
        admin_client.post(reverse("admin:charging_sessions_statement_add"), form)
        statement = Statement.objects.get()
        assert statement.total == Decimal("88.00")

        adjusting = reverse("admin:sessions_statement_adjust", args=[statement.pk])
        assert "Book the adjustment" in admin_client.get(adjusting).content.decode()
        admin_client.post(adjusting, {"amount": "-8.00", "reason": "agreed by phone"})
        files = reverse("admin:sessions_statement_file", args=[statement.pk, "json"])
        assert admin_client.get(files).json()["total"] == "80.00"

        listed = reverse("admin:charging_sessions_statement_changelist")
        admin_client.post(listed, {"action": "close_periods", "_selected_action": [statement.pk]})
        statement.refresh_from_db()
        assert (statement.total, statement.closed_by.username) == (Decimal("80.00"), "admin")
        assert admin_client.get(listed).status_code == 200
        page = admin_client.get(reverse("admin:charging_sessions_statement_change", args=[statement.pk]))
        cells = re.findall(r"<td[^>]*>([^<]*)</td>", page.content.decode())
        shown = [tuple(cells[at + 1 : at + 5 : 1]) for at, cell in enumerate(cells) if cell == str(FIRST)]
        assert [(what, text, amount) for what, text, _, amount in shown] == [("Bill", "order a", "88.00")]
        assert cells[cells.index("agreed by phone") + 2] == "-8.00"

    def test_the_statements_of_last_month_are_built_when_that_is_confirmed(self, admin_client, party, monkeypatch):
        sell(party, "a", FIRST)
        monkeypatch.setattr(journal, "today", lambda: NEXT)
        address = reverse("admin:charging_sessions_statement_build_last_month")

        assert "A statement of March 2026 is built" in admin_client.get(address).content.decode()
        assert Statement.objects.count() == 0
        admin_client.post(address)

        assert sorted(Statement.objects.values_list("kind", "total")) == [
            ("BAP", Decimal("118.00")), ("CPO", Decimal("88.00")),
        ]  # fmt: skip

    def test_a_file_is_of_now_and_saves_nothing(self, admin_client, party):
        sell(party, "a", FIRST)
        statement = statement_of(party)
        sell(party, "b", LAST)

        file = admin_client.get(reverse("admin:sessions_statement_file", args=[statement.pk, "json"]))

        assert file.json()["total"] == "176.00"
        statement.refresh_from_db()
        assert statement.total == Decimal("88.00")

    def test_the_journal_can_be_read_but_not_changed(self, admin_client, party):
        entry = sell(party, "a", FIRST)
        change = reverse("admin:charging_sessions_journalentry_change", args=[entry.pk])

        page = admin_client.get(change).content.decode()
        admin_client.post(change, {"text": "other"})

        assert "order a" in page
        assert JournalEntry.objects.get().text == "order a"
        assert admin_client.get(reverse("admin:charging_sessions_journalentry_changelist")).status_code == 200

    def test_staff_without_permission_see_neither_files_nor_margins(self, client, django_user_model, party):
        client.force_login(django_user_model.objects.create_user("clerk", is_staff=True))
        statement = statement_of(party)

        for name, args in (
            ("sessions_margin", []),
            ("sessions_statement_file", [statement.pk, "pdf"]),
            ("sessions_statement_adjust", [statement.pk]),
        ):
            assert client.get(reverse(f"admin:{name}", args=args)).status_code == 403
