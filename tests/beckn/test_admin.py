"""The lists of the back office read no more of a message than they show."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from beckn.models import SupportRequest
from emsp.core import crypto
from tests.factories.beckn import CallbackFactory, RequestFactory, TransactionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_superuser("staff", password="not-a-secret"))
    return client


@pytest.fixture
def conversation(db):
    """One row of each kind, with something secret in it."""
    row = TransactionFactory(transaction_id="t1", billing={"phone": "1"}, customer={"person": {"name": "A"}})
    RequestFactory(transaction_id="t1")
    CallbackFactory(transaction_id="t1")
    SupportRequest.objects.create(transaction=row, contact={"phone": "+910000000001"})
    return row


PAGES = ["beckn_transaction_changelist", "beckn_request_changelist", "beckn_callback_changelist",
         "beckn_supportrequest_changelist", "beckn_transaction_change"]


@pytest.mark.parametrize("page", PAGES)
def test_bodies_are_neither_read_nor_decrypted_for_a_list(staff, conversation, monkeypatch, page):
    def decrypt(text):
        raise AssertionError("decrypted for a list")

    monkeypatch.setattr(crypto, "decrypt", decrypt)
    with CaptureQueriesContext(connection) as queries:
        answer = staff.get(reverse(f"admin:{page}", args=[conversation.pk] if page.endswith("change") else []))

    assert answer.status_code == 200
    assert not [query["sql"] for query in queries if '"body"' in query["sql"]]


def test_one_message_is_shown_with_its_body(staff, conversation):
    for name, row in (("request", RequestFactory()), ("callback", CallbackFactory())):
        page = staff.get(reverse(f"admin:beckn_{name}_change", args=[row.pk])).content.decode()
        assert row.message_id in page.split("white-space:pre-wrap")[1]
