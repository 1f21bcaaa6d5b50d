"""Dashboard and conversation in a real browser, at 1280 and 390 pixels, dark and light, by mouse and by keyboard."""

import os

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from emsp.backoffice.dashboard import counting
from tests.chromium import CHROMIUM, fits

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["wide, light", "narrow, dark"])
def page(request, charged, staff, chromium, live_server):
    assert isinstance(staff, Client) and os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    width, scheme = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=live_server.url
    )
    session = staff.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    complaints = page.complaints
    context.close()
    assert complaints == []


def test_the_dashboard_shows_its_charts_and_leads_to_lists(page):
    counting.count_due()
    page.goto(reverse("admin:index"))

    assert page.locator(".bo-tile").count() == 6 and fits(page)
    page.wait_for_function("""() => {
      const charts = [...document.querySelectorAll("canvas.chart")];
      return charts.length === 4 && charts.every(c => window.Chart?.getChart(c) && c.clientHeight > 100);
    }""")
    before = page.locator("#actions").bounding_box()["y"]
    page.wait_for_load_state("networkidle")
    assert page.locator("#actions").bounding_box()["y"] == before

    page.get_by_role("link", name="30 days").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Requests of apps, last 30 days").wait_for()
    page.locator(".bo-tile", has_text="Searches").click()
    page.wait_for_url("**/admin/beckn/request/?action__exact=search*")
    assert page.locator("#result_list tbody tr, .result-list tbody tr").count() >= 1


def test_a_conversation_is_found_opened_and_acted_upon(page, charged, driver):
    page.goto(reverse("admin:beckn_transaction_changelist"))
    assert fits(page)
    page.get_by_label("Find a conversation").fill("+910000000001")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('admin:beckn_transaction_change', args=[charged.pk])}")
    assert fits(page) and "910000000001" not in page.url

    entry = page.locator(".bo-entry", has=page.locator(".bo-what", has_text="on_confirm"))
    assert entry.locator("pre").count() == 0
    entry.locator("summary").focus()
    page.keyboard.press("Enter")
    entry.locator("pre", has_text='"action": "on_confirm"').wait_for()
    assert fits(page)
    entry.get_by_role("button", name="Send again").click()
    page.get_by_text("on_confirm will be sent again.").wait_for()
    page.locator(".bo-what", has_text="Sent on_confirm again.").wait_for()
