"""The message bench: the callbacks of an app as they leave, and what it sends again."""

import time

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beckn import signing
from beckn.models import CallbackState
from emsp.core.wire import encode
from emsp.developer.message_bench import feed, replay
from tests.backoffice.conftest import browser_of, person
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.factories.beckn import (
    CallbackFactory,
    RequestFactory,
    SubscriberFactory,
    TransactionFactory,
    request_body,
)

pytestmark = pytest.mark.django_db
SEARCH = request_body("search", {"intent": {}}, timestamp="2026-03-01T08:00:00.000Z")


@pytest.fixture
def integrator():
    return browser_of(person("ines", "integrator"))


def test_the_feed_has_the_newest_callbacks_of_one_app_and_leads_to_the_conversation(integrator):
    SubscriberFactory()
    conversation = TransactionFactory()
    CallbackFactory(bap_id="other.example")
    old = CallbackFactory(transaction_id="forgotten")
    new = CallbackFactory(
        transaction_id=conversation.transaction_id, state=CallbackState.DEAD, attempts=3, last_error="HTTP <500>"
    )

    lines = feed.latest("bap.tests.example")
    assert [(line.callback.pk, line.transaction_pk, line.verdict) for line in lines] == [
        (new.pk, conversation.pk, "failed"), (old.pk, None, "waiting"),
    ]
    shown = integrator.get(reverse("message_bench:feed-rows"), {"subscriber": "bap.tests.example"}).content.decode()
    assert shown.count("<tr>") == 2 and "HTTP &lt;500&gt;" in shown
    assert reverse("admin:beckn_transaction_change", args=[conversation.pk]) in shown
    assert reverse("message_bench:replay", args=["callback", new.pk]) in shown
    assert "None among the newest." in integrator.get(
        reverse("message_bench:feed-rows"), {"subscriber": "' or 1=1"}
    ).content.decode()  # fmt: skip


BILLED = {"context": SEARCH["context"] | {"action": "on_status"}, "message": {"billing": {"name": "Asha"}}}


def test_a_callback_goes_home_whole_and_with_our_signature(bap, bap_server, integrator, settings):  # noqa: F811
    stored = CallbackFactory(action="on_status", body=encode(BILLED))
    bap_server.answer_with((200, b"<b>taken</b>"))

    answer = integrator.post(
        reverse("message_bench:replay", args=["callback", stored.pk]), {"base_url": bap_server.url}
    )

    [got] = bap_server.received
    ours = signing.load_private_key(settings.BECKN_SIGNING_PRIVATE_KEY)
    signing.verify(signing.parse(got.headers["authorization"]), got.raw, bytes(ours.verify_key), int(time.time()))
    assert got.path == "/bap/energy/v1/on_status"
    assert got.body["message"] == {"billing": {"name": "Asha"}}
    assert got.body["context"]["message_id"] == answer.context["sent"].message_id
    assert got.body["context"]["message_id"] != SEARCH["context"]["message_id"]
    assert got.body["context"]["timestamp"] > SEARCH["context"]["timestamp"]
    assert (answer.context["sent"].taken, answer.context["sent"].ours) == (True, True)
    assert "&lt;b&gt;taken&lt;/b&gt;" in answer.content.decode()
    entry = LogEntry.objects.latest("pk")
    assert (entry.object_id, entry.change_message, entry.user.username) == (
        str(stored.pk), f"Asked to replay it to {bap_server.url.removesuffix('/bap/energy/v1')}.", "ines",
    )
    stored.refresh_from_db()
    assert (stored.attempts, stored.state) == (0, "PENDING")


@pytest.mark.parametrize("kind", ["callback", "request"])
def test_anywhere_else_it_goes_masked_and_with_a_throw_away_key(kind, bap_server, settings):  # noqa: F811
    SubscriberFactory(url=bap_server.url if kind == "request" else "http://127.0.0.1:9/")
    stored = (
        CallbackFactory(action="on_status", body=encode(BILLED))
        if kind == "callback" else RequestFactory(action="on_status", body=BILLED)
    )  # fmt: skip
    bap_server.answer_with((401, b"x" * 100_000))

    sent = replay.replay(stored, bap_server.url, now=timezone.now())

    [got] = bap_server.received
    header = signing.parse(got.headers["authorization"])
    signing.verify(header, got.raw, signing.load_public_key(sent.public_key), int(time.time()))
    ours = signing.load_private_key(settings.BECKN_SIGNING_PRIVATE_KEY)
    assert (header.unique_key_id, sent.ours) == ("throw-away", False)
    assert sent.public_key != signing.public_key_text(ours)
    assert got.body["message"] == {"billing": {"name": "***"}}
    assert (sent.status, sent.taken, len(sent.body)) == (401, False, 8_000)


def test_an_app_that_is_no_longer_subscribed_gets_nothing_with_our_signature(bap_server):  # noqa: F811
    SubscriberFactory(url=bap_server.url, status="UNSUBSCRIBED")

    assert replay.goes_home(CallbackFactory(), bap_server.url) is False


@pytest.mark.parametrize(("url", "reason"), [
    ("https://127.0.0.1/x", "the URL leads to a private address"),
    ("http://example.com/x", "the URL is not https"),
    ("https://user@example.com/x", "the URL must be http(s), absolute, without user name, query and fragment"),
    ("ftp://example.com", "the URL must be http(s), absolute, without user name, query and fragment"),
])  # fmt: skip
def test_outside_the_sandbox_nothing_goes_to_a_private_address(url, reason, integrator, settings):
    settings.SANDBOX = False
    stored = CallbackFactory()

    answer = integrator.post(reverse("message_bench:replay", args=["callback", stored.pk]), {"base_url": url})

    assert answer.context["sent"] is None
    assert answer.context["form"].errors["base_url"] == [reason]


def test_an_app_that_hangs_up_is_told_of_and_get_sends_nothing(bap_server, integrator):  # noqa: F811
    stored = CallbackFactory()
    page = reverse("message_bench:replay", args=["callback", stored.pk])
    bap_server.answer_with("reset")

    assert integrator.get(page).status_code == 200
    assert bap_server.received == []
    sent = integrator.post(page, {"base_url": bap_server.url}).context["sent"]
    assert (sent.status, sent.body) == (0, "no answer: ProtocolError")


def test_a_replay_without_the_csrf_token_is_refused():
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("ines", "integrator"))
    stored = CallbackFactory()

    answer = client.post(reverse("message_bench:replay", args=["callback", stored.pk]), {"base_url": "http://127.0.0.1:9"})

    assert answer.status_code == 403
    assert LogEntry.objects.count() == 0
