"""Messages are forgotten when their time is over, with the contact data in them; orders and what is theirs stay."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from beckn.models import Callback, Rating, Request, SupportRequest, Transaction
from beckn.services import retention
from emsp.core.checks import check_settings
from sessions.models import Order
from tests.factories.beckn import CallbackFactory, RequestFactory, TransactionFactory
from tests.factories.catalog import OfferFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def conversation(*, days_ago, order=None, bap_id="bap.tests.example", transaction_id="T"):
    """A transaction that began then, with one request and its callback."""
    made = TransactionFactory(bap_id=bap_id, transaction_id=transaction_id, order=order, billing={"phone": "+91"})
    request = RequestFactory(bap_id=bap_id, transaction_id=transaction_id, state="ANSWERED")
    CallbackFactory(bap_id=bap_id, transaction_id=transaction_id, request=request, state="DELIVERED")
    Transaction.objects.filter(pk=made.pk).update(created_at=NOW - timedelta(days=days_ago))
    return made


@pytest.fixture
def order():
    offer = OfferFactory()
    return Order.objects.create(sold_through="bap.tests.example", offer=offer, party=offer.party)


def left():
    """Ids of the conversations, and how many requests and callbacks there are."""
    ids = Transaction.objects.order_by("transaction_id").values_list("transaction_id", flat=True)
    return list(ids), Request.objects.count(), Callback.objects.count()


@pytest.mark.parametrize(("days_ago", "stays"), [(13, True), (15, False)])
def test_a_conversation_that_came_to_nothing_goes_after_two_weeks(days_ago, stays):
    conversation(days_ago=days_ago)

    assert retention.forget_old(now=NOW) == (0 if stays else 1)
    assert left() == ((["T"], 1, 1) if stays else ([], 0, 0))


@pytest.mark.parametrize(("days_ago", "stays"), [(399, True), (401, False)])
def test_one_with_an_order_goes_after_its_own_time_and_the_order_stays(order, days_ago, stays):
    made = conversation(days_ago=days_ago, order=order)
    Rating.objects.create(transaction=made, order=order, category="CPO", rated_id="1", value="4")

    assert retention.forget_old(now=NOW) == (0 if stays else 1)
    assert left() == ((["T"], 1, 1) if stays else ([], 0, 0))
    assert (Order.objects.count(), Rating.objects.get().order_id) == (1, order.pk)


def test_only_messages_of_that_app_go_and_in_chunks(monkeypatch):
    monkeypatch.setattr(retention, "CHUNK", 2)
    for number in range(5):
        conversation(days_ago=20, transaction_id=f"OLD-{number}")
    conversation(days_ago=20, transaction_id="SAME")
    conversation(days_ago=1, transaction_id="SAME", bap_id="other.tests.example")

    assert retention.forget_old(now=NOW) == 6
    assert left() == (["SAME"], 1, 1)
    assert Request.objects.get().bap_id == "other.tests.example"


def test_beat_forgets_by_the_clock():
    from beckn import tasks

    conversation(days_ago=0)
    Transaction.objects.update(created_at=timezone.now() - timedelta(days=15))

    tasks.forget_old()

    assert left() == ([], 0, 0)


@pytest.mark.parametrize(("searches", "messages"), [(0, 400), (30, 29)])
def test_settings_that_cannot_be_meant_are_told(settings, searches, messages):
    settings.BECKN_KEEP_SEARCHES_DAYS, settings.BECKN_KEEP_MESSAGES_DAYS = searches, messages

    assert [problem.msg for problem in check_settings(None)] == [
        "BECKN_KEEP_SEARCHES_DAYS is at least 1 and at most BECKN_KEEP_MESSAGES_DAYS"
    ]


@pytest.mark.parametrize(("days_ago", "stays"), [(399, True), (401, False)])
def test_contacts_and_words_of_drivers_go_in_their_time_and_the_rating_stays(order, days_ago, stays):
    at = NOW - timedelta(days=days_ago)
    for made in (
        Rating.objects.create(order=order, category="Order", rated_id="x", value="5", comment="it was Asha"),
        SupportRequest.objects.create(order=order, contact={"phone": "+91"}),
    ):
        type(made).objects.filter(pk=made.pk).update(created_at=at)

    retention.forget_old(now=NOW)

    assert (Rating.objects.get().comment, SupportRequest.objects.count()) == (("it was Asha", 1) if stays else ("", 0))
    assert Rating.objects.get().value == "5"
