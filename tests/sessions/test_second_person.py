"""Where the settings ask for it, who began is not who finishes: statements closed, refused refunds sent again."""

from functools import partial

import pytest

from sessions.ledger import statements
from sessions.ledger.statements import PeriodNotClosable
from sessions.models import Refund, Statement
from sessions.services import refunds
from tests.factories.catalog import PartyFactory
from tests.factories.price_book import staff
from tests.races import at_once
from tests.sessions.test_refunds import due
from tests.sessions.test_statements import FIRST, LAST, NEXT

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(monkeypatch):
    monkeypatch.setattr(refunds, "wake", lambda task: None)
    due()
    Refund.objects.update(state="REFUSED")
    return Refund.objects.get()


def built(by):
    return statements.build(
        Statement(kind="CPO", party=PartyFactory(), period_from=FIRST, period_to=LAST, currency="INR"), by=by
    )


def test_who_built_a_statement_does_not_close_it(settings):
    settings.STATEMENT_SECOND_PERSON = True
    statement = built(staff("ana"))

    for by in (staff("ana"), None):
        with pytest.raises(PeriodNotClosable, match="a second person is needed"):
            statements.close(statement, by=by, today=NEXT)
    assert Statement.objects.get().closed_at is None

    closed = statements.close(statement, by=staff("ben"), today=NEXT)
    assert (closed.built_by, closed.closed_by) == (staff("ana"), staff("ben"))


def test_a_statement_that_nobody_built_is_closed_by_nobody(settings):
    settings.STATEMENT_SECOND_PERSON = True
    with pytest.raises(PeriodNotClosable, match="a second person is needed"):
        statements.close(built(None), by=staff("ben"), today=NEXT)


def test_without_the_settings_one_person_does_it(refused):
    assert statements.close(built(staff("ana")), by=staff("ana"), today=NEXT).closed_by == staff("ana")
    assert refunds.try_again(refused, by=staff("ana"))


def test_a_statement_closed_meanwhile_is_not_built_again():
    stale = built(staff("ana"))
    statements.close(Statement.objects.get(), by=staff("ben"), today=NEXT)

    assert statements.build(stale, by=staff("cleo")).closed_by == staff("ben")
    assert Statement.objects.get().built_by == staff("ana")


def test_a_refused_refund_is_sent_again_when_a_second_person_asks(settings, refused):
    settings.REFUND_SECOND_PERSON = True
    for _ in range(2):
        assert not refunds.try_again(refused, by=staff("ana"))
        refused.refresh_from_db()
        assert (refused.state, refused.again_by) == ("REFUSED", staff("ana"))

    assert refunds.try_again(refused, by=staff("ben"))

    refused.refresh_from_db()
    assert (refused.state, refused.again_by) == ("REQUESTED", None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("people", "sent"), [("ana ana", 0), ("ana ben", 1)])
def test_two_who_ask_at_once_count_as_two_people_only_when_they_are(settings, refused, people, sent):
    settings.REFUND_SECOND_PERSON = True
    asking = [staff(name) for name in people.split()]

    assert sum(at_once(*(partial(refunds.try_again, refused, by=by) for by in asking))) == sent


def test_an_account_can_go_whose_statement_is_closed():
    statements.close(built(staff("ana")), by=staff("ben"), today=NEXT)

    staff("ana").delete()
    staff("ben").delete()

    assert (Statement.objects.get().built_by, Statement.objects.get().closed_by) == (None, None)
