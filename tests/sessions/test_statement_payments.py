"""Statements that were paid: what is booked, what stays open, what is refused, and who may."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from sessions.ledger import entries, journal, settling, statements
from sessions.ledger.settling import SettlementRefused
from sessions.models import JournalEntry, Statement, StatementPayment
from tests.factories.catalog import PartyFactory
from tests.races import at_once
from tests.sessions.test_statements import BAP, FIRST, LAST, NEXT, sell, statement_of, sums

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def party(db):
    return PartyFactory(name="Volt & Co")


@pytest.fixture
def clerk(db):
    return User.objects.create_user("clerk", is_staff=True)


@pytest.fixture
def owed(party):
    """March, closed: we owe the operator 88.00, the app owes us 118.00."""
    sell(party, "a", FIRST)
    return statements.close(statement_of(party), today=NEXT), statements.close(statement_of(bap=BAP), today=NEXT)


def pay(statement, amount, by, reference="utr-1", paid_on=date(2026, 4, 7)):
    return settling.record(statement, amount=D(amount), paid_on=paid_on, bank_reference=reference, by=by)


def test_what_we_pay_the_operator_leaves_the_bank(owed, clerk, sides):
    made = pay(owed[0], "88.00", clerk)

    assert sides(made.entry) == [("PAYABLE_CPO", "88.00"), ("BANK", "-88.00")]
    assert (made.entry.kind, made.entry.booked_on) == ("SETTLEMENT", date(2026, 4, 7))
    assert (made.by, made.by_name, made.bank_reference) == (clerk, "clerk", "utr-1")
    assert settling.paid(owed[0]) == D("88.00")


def test_what_the_app_pays_us_comes_to_the_bank(owed, clerk, sides):
    made = pay(owed[1], "100.00", clerk)

    assert sides(made.entry) == [("RECEIVABLE_BAP", "-100.00"), ("BANK", "100.00")]
    assert owed[1].total - settling.paid(owed[1]) == D("18.00")


def test_parts_add_up_and_a_mistake_is_taken_back(owed, clerk, sides):
    pay(owed[0], "50.00", clerk)
    back = pay(owed[0], "-50.00", clerk, "utr-1 was another's")
    pay(owed[0], "88.00", clerk, "utr-2")

    assert sides(back.entry) == [("PAYABLE_CPO", "-50.00"), ("BANK", "50.00")]
    assert settling.paid(owed[0]) == D("88.00")


def test_a_total_below_nothing_is_paid_the_other_way(party, clerk, sides):
    statement = statement_of(party)
    entries.adjust(statement, D("-5.00"), "penalty")
    closed = statements.close(statement, today=NEXT)

    made = pay(closed, "-5.00", clerk)

    assert sides(made.entry) == [("PAYABLE_CPO", "-5.00"), ("BANK", "5.00")]


def test_payments_are_not_on_later_statements(owed, party, clerk):
    pay(owed[0], "88.00", clerk)
    pay(owed[1], "118.00", clerk)

    april = {"since": NEXT, "until": date(2026, 4, 30)}
    assert sums(statement_of(party, **april)) == sums(statement_of(bap=BAP, **april)) == ["0.00"] * 4
    assert statements.build_month(NEXT) == 0


def test_a_payment_of_a_closed_day_counts_on_the_next_open_one(owed, clerk):
    made = pay(owed[0], "88.00", clerk, paid_on=LAST)

    assert (made.entry.occurred_on, made.entry.booked_on) == (LAST, NEXT)


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"amount": "88.01"}, "0.00 of 88.00 INR are paid; 88.01 does not fit"),
        ({"amount": "-0.01"}, "0.00 of 88.00 INR are paid; -0.01 does not fit"),
        ({"amount": "0"}, "in whole cents and not 0"),
        ({"amount": "1.005"}, "in whole cents and not 0"),
        ({"reference": " "}, "the bank's reference is missing"),
        ({"paid_on": journal.today() + timedelta(days=1)}, "is not over yet"),
    ],
)
def test_what_cannot_be_a_payment_is_refused(owed, clerk, over, said):
    with pytest.raises(SettlementRefused, match=said):
        pay(owed[0], **{"amount": "88.00", "by": clerk} | over)

    assert not StatementPayment.objects.exists()
    assert not JournalEntry.objects.filter(kind="SETTLEMENT").exists()


def test_a_reference_is_recorded_once_for_a_statement(owed, clerk):
    pay(owed[0], "40.00", clerk)

    with pytest.raises(SettlementRefused, match="utr-1 is recorded for this statement already"):
        pay(owed[0], "40.00", clerk, " utr-1")
    pay(owed[1], "40.00", clerk)


def test_an_open_statement_is_closed_first(party, clerk):
    sell(party, "a", FIRST)

    with pytest.raises(SettlementRefused, match="close it first"):
        pay(statement_of(party), "88.00", clerk)


@pytest.mark.django_db(transaction=True)
def test_two_clerks_cannot_pay_the_same_twice(party):
    clerk = User.objects.create_user("clerk", is_staff=True)
    sell(party, "a", FIRST)
    statement = statements.close(statement_of(party), today=NEXT)
    refused = []

    def work(number):
        try:
            pay(statement, "88.00", clerk, f"utr-{number}")
        except SettlementRefused as refusal:
            refused.append(str(refusal))

    at_once(*(partial(work, number) for number in range(4)))

    assert refused == ["88.00 of 88.00 INR are paid; 88.00 does not fit"] * 3
    assert settling.paid(statement) == D("88.00")


class TestBackOffice:
    form = {"amount": "80.00", "paid_on": "2026-04-07", "bank_reference": "utr-1"}

    def page(self, statement):
        return reverse("admin:sessions_statement_payment", args=[statement.pk])

    def test_a_payment_is_recorded_and_the_rest_is_shown(self, admin_client, owed):
        change = reverse("admin:charging_sessions_statement_change", args=[owed[0].pk])
        assert "88.00 of 88.00 INR are open." in admin_client.get(self.page(owed[0])).content.decode()

        admin_client.post(self.page(owed[0]), self.form)

        assert StatementPayment.objects.get().by_name == "admin"
        shown = admin_client.get(change).content.decode()
        assert "utr-1" in shown
        assert "8.00 of 88.00 INR are open." in admin_client.get(self.page(owed[0])).content.decode()
        listed = admin_client.get(reverse("admin:charging_sessions_statement_changelist")).content.decode()
        assert 'field-still_open' in listed and ">8.00<" in listed.replace(" ", "").replace("\n", "")

    def test_a_refusal_is_told_in_the_form(self, admin_client, owed):
        page = admin_client.post(self.page(owed[0]), self.form | {"amount": "99.00"})

        assert "0.00 of 88.00 INR are paid; 99.00 does not fit" in page.content.decode()
        assert not StatementPayment.objects.exists()

    def test_it_needs_its_own_permission(self, client, owed, clerk):
        clerk.user_permissions.add(*Permission.objects.filter(codename__endswith="_statement"))
        client.force_login(clerk)
        detail = reverse("admin:charging_sessions_statement_change", args=[owed[0].pk])

        assert client.post(self.page(owed[0]), self.form).status_code == 403
        assert "Record a payment" not in client.get(detail).content.decode()
        clerk.user_permissions.add(Permission.objects.get(codename="add_statementpayment"))
        assert client.post(self.page(owed[0]), self.form).status_code == 302
        assert "Record a payment" in client.get(detail).content.decode()
        assert Statement.objects.get(pk=owed[0].pk).payments.get().by_name == "clerk"
