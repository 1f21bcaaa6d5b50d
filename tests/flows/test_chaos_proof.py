"""The proof of a chaos run finds what it looks for: a whole order keeps every promise, each loss breaks its own."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F

from beckn.models import Request
from beckn.walk.conversation import Asked, Conversation, Identity, Received
from emsp.chaos import proof
from emsp.core.wire import encode
from ocpi.models import Cdr, Session
from sessions.models import Order, Posting
from tests.ocpi.cpo import Listing

SINCE = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def billed(driver, cpo, network):
    """A charge that has ended, with what the CPO lists of it; gives (driver, the listed sessions and CDRs)."""
    session = driver.charge()
    cpo.session("COMPLETED", kwh=4.5, last_updated=_soon())
    assert cpo.cdr(session).status_code == 201
    listed = {
        "sessions": [json.loads(encode(Session.objects.get().raw))],
        "cdrs": [json.loads(encode(Cdr.objects.get().raw))],
    }
    return driver, {module: Listing(network, module, rows).objects for module, rows in listed.items()}


def _soon():
    return (datetime.now(UTC) + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")


def conversation_of(driver):
    """The driver's transaction, as an app of a chaos run keeps it."""
    identity = Identity("bap.example", "bpp.example", "http://localhost/beckn", b"", "ev-charging:beckn", "")
    made = Conversation(identity)
    made.asked = [Asked(*pair) for pair in Request.objects.order_by("pk").values_list("action", "message_id")]
    for got in driver.server.received:
        made.keep(Received(got.action, got.body, 0.0))
    return made


def broken(driver, conversation):
    """Promises that do not hold, with their cases."""
    findings = proof.prove(Order.objects.get().sold_through, [conversation], since=SINCE)
    return {finding.promise: finding.broken for finding in findings if finding.broken}


def test_a_whole_order_keeps_every_promise(billed):
    driver, _ = billed

    findings = proof.prove(Order.objects.get().sold_through, [conversation_of(driver)], since=SINCE)

    assert {finding.promise: finding.broken for finding in findings if finding.broken} == {}
    assert [finding.looked_at for finding in findings] == [4, 4, 1, 1, 1, 1, 1, 14, 1]
    assert proof.open_work(Order.objects.get().sold_through) == 0


def test_a_lost_callback_is_found(billed):
    driver, _ = billed
    conversation = conversation_of(driver)
    lost = conversation.asked[1]
    conversation._received = [c for c in conversation._received if c.body["context"]["message_id"] != lost.message_id]

    assert broken(driver, conversation) == {
        "each acknowledged request has its callback": [f"select {lost.message_id}"],
    }


def test_a_second_answer_counts_only_when_it_says_something_else(billed):
    driver, _ = billed
    conversation = conversation_of(driver)
    first = conversation.received("on_search")[0]
    conversation.keep(first)
    assert broken(driver, conversation) == {}

    conversation.keep(Received("on_search", first.body | {"message": {"catalog": {"providers": []}}}, 0.0))

    message_id = first.body["context"]["message_id"]
    assert broken(driver, conversation) == {
        "and no second one that says something else": [f"search {message_id}"],
    }


def test_a_second_session_and_a_cdr_that_never_came_are_found(billed):
    driver, listed = billed
    reference = str(Order.objects.get().reference)
    listed["sessions"].append(listed["sessions"][0] | {"id": "S-2", "status": "ACTIVE"})
    listed["cdrs"].append(listed["cdrs"][0] | {"id": "CDR-2"})

    assert broken(driver, conversation_of(driver)) == {
        "the CPO has at most one session for an order": [reference],
        "each of the CPO's sessions is in the mirror": ["S-2"],
        "each of the CPO's cdrs is in the mirror": ["CDR-2"],
    }


def test_a_session_without_bill_is_found(billed):
    driver, listed = billed
    order = Order.objects.get()
    second = str(uuid.uuid4())
    Order(
        reference=second, state="CANCELLED", sold_through=order.sold_through, offer=order.offer, party=order.party
    ).save()
    listed["sessions"].append(listed["sessions"][0] | {"authorization_reference": second})

    found = proof.prove(order.sold_through, [conversation_of(driver)], since=SINCE)

    assert {finding.promise: finding.broken for finding in found if finding.broken} == {
        "each session that ended has its bill": [second],
    }


def test_an_entry_that_does_not_balance_is_found(billed):
    driver, _ = billed
    posting = Posting.objects.first()

    _shift(posting, 1)

    assert broken(driver, conversation_of(driver)) == {
        "each entry of the ledger balances": [str(posting.entry_id)],
    }
    _shift(posting, -1)


def _shift(posting, by):
    """Change an amount behind the back of the triggers that refuse it."""
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        Posting.objects.filter(pk=posting.pk).update(amount=F("amount") + by)
        cursor.execute("set local session_replication_role = origin")


def test_what_is_stuck_or_orphaned_is_found(billed):
    driver, _ = billed
    request = Request.objects.first()
    Request.objects.filter(pk=request.pk).update(state="RECEIVED")
    Order.objects.update(session=None)

    assert broken(driver, conversation_of(driver)) == {
        "no request, callback, command or order is stuck": [f"request {request.pk}"],
        "no session and no CDR hangs at no order, or at another": [
            f"session S-1 (COMPLETED), order {Order.objects.get().reference} (BILLED)"
        ],
    }
    assert proof.open_work(Order.objects.get().sold_through) == 1
