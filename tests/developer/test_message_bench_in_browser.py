"""The message bench in a real browser: a message is read, signed and verified, and the feed moves by itself."""

import pytest
from django.urls import reverse

from beckn.models import CallbackState
from emsp.core.wire import encode
from tests.backoffice.operator_page import page  # noqa: F401 (fixture)
from tests.chromium import chromium, fits  # noqa: F401 (fixture)
from tests.factories.beckn import CallbackFactory, SubscriberFactory, TransactionFactory, request_body

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_message_is_read_signed_and_verified(page):  # noqa: F811
    body = encode(request_body("search", {"intent": {"colour": "red"}})).decode()
    page.goto(f"{page.root}{reverse('message_bench:read')}")
    page.get_by_label("Message", exact=True).select_option("beckn search")
    page.get_by_label("Body, as JSON").fill(body)
    page.get_by_role("button", name="Read it").click()
    page.get_by_text("Valid.", exact=True).wait_for()
    page.get_by_text("message.intent.colour").wait_for()
    assert fits(page)

    page.get_by_role("navigation", name="Message bench").get_by_role("link", name="Sign").click()
    page.get_by_label("Body, exactly as it will be sent").fill(f"{body}\n")
    page.get_by_role("button", name="Sign it").click()
    header, key = page.locator("#authorization").inner_text(), page.locator("#public-key").inner_text()
    assert fits(page)

    page.get_by_role("navigation", name="Message bench").get_by_role("link", name="Verify").click()
    page.get_by_label("Authorization header").fill(f"Authorization: {header}")
    page.get_by_label("Public key").fill(key)
    page.get_by_label("Body, exactly as it was sent").fill(body)
    page.get_by_role("button", name="Verify it").click()
    page.get_by_text("It fails at: signature.").wait_for()
    assert "with a newline at its end" in page.get_by_role("status").inner_text()
    page.get_by_label("Body, exactly as it was sent").fill(f"{body}\n")
    page.get_by_role("button", name="Verify it").click()
    page.get_by_text("The signature holds.").wait_for()
    assert fits(page)


def test_the_feed_shows_a_callback_and_its_state_without_a_reload(page):  # noqa: F811
    SubscriberFactory()
    conversation = TransactionFactory()
    page.goto(f"{page.root}{reverse('message_bench:feed')}")
    page.get_by_text("None among the newest.").wait_for()

    callback = CallbackFactory(action="on_status", transaction_id=conversation.transaction_id)
    page.get_by_text("PENDING").wait_for()
    callback.state = CallbackState.DELIVERED
    callback.save()
    page.get_by_text("DELIVERED").wait_for()
    assert fits(page)
    page.get_by_role("link", name="on_status", exact=True).click()
    page.wait_for_url(f"**{reverse('admin:beckn_transaction_change', args=[conversation.pk])}")
