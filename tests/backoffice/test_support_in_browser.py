"""A driver and staff write to each other, each in a browser: the driver without a login, by the link of on_support."""

import pytest
from django.urls import reverse

from beckn.models import SupportRequest
from beckn.services import support
from sessions.models import Order
from tests.axe import violations
from tests.backoffice.operator_page import page  # noqa: F401 (fixture)
from tests.chromium import fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_ticket_from_the_question_to_the_end(page, charged, chromium, settings):  # noqa: F811
    settings.BASE_URL = page.root
    phone = chromium.new_context(viewport=page.viewport_size, color_scheme="dark").new_page()
    phone.goto(support.page_url(Order.objects.get()))
    phone.get_by_label("What do you need help with?").fill("The cable is stuck.")
    assert fits(phone) and violations(phone) == []
    phone.get_by_role("button", name="Send").focus()
    phone.keyboard.press("Enter")
    phone.get_by_text("We have your message").wait_for()

    page.goto(page.root + reverse("admin:beckn_supportrequest_change", args=[SupportRequest.objects.get().pk]))
    page.get_by_text("The cable is stuck.").wait_for()
    assert fits(page)
    page.get_by_label("Answer").fill("Please press the red button.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/beckn/supportrequest/")
    page.get_by_text("answered").first.wait_for()

    phone.get_by_role("link", name="Look for answers").click()
    phone.get_by_text("Please press the red button.").wait_for()
    phone.get_by_text("We have answered.").wait_for()
    assert fits(phone) and violations(phone) == []
    phone.context.close()
