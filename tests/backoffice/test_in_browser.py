"""Dashboard and conversation in a real browser, at 1280 and 390 pixels, dark and light, by mouse and by keyboard."""

import os

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from emsp.backoffice.dashboard import counting
from ocpi.models import Session, SessionUpdate
from tests.chromium import fits
from tests.ocpi.cpo import Listing

pytestmark = [
    pytest.mark.browser,
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


def test_news_of_a_session_is_folded_until_it_is_wanted(page, charged):
    session = Session.objects.get()
    for kwh in range(1, 10):
        SessionUpdate.objects.create(
            session=session, status="ACTIVE", energy_kwh=kwh, cost=kwh * 18, currency="INR",
            last_updated=timezone.now(), received_at=timezone.now(),
        )  # fmt: skip
    page.goto(reverse("admin:beckn_transaction_change", args=[charged.pk]))
    fold = page.locator(".bo-fold")
    summary = fold.locator("summary").first
    summary.get_by_text("1 kWh, 18 INR … 8 kWh, 144 INR").wait_for()
    inner = fold.locator("ol .bo-entry")
    assert inner.count() == 8 and not inner.first.is_visible()
    summary.focus()
    page.keyboard.press("Enter")
    inner.nth(7).get_by_text("8 kWh, 144 INR").wait_for()
    assert fits(page)


def test_a_conversation_is_found_by_its_token_or_charger_asked_about_and_exported(page, charged, network):
    Listing(network, "sessions", [])
    for words in (charged.order.token.uid, "IN*CPO*E-1"):
        page.goto(reverse("admin:beckn_transaction_changelist"))
        page.get_by_label("Find a conversation").fill(words)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{reverse('admin:beckn_transaction_change', args=[charged.pk])}")
    page.get_by_role("button", name="Ask the operator again").click()
    page.locator(".bo-what", has_text="Asked CPO (IN-CPO) again: session S-1.").wait_for()
    with page.expect_download() as export:
        page.get_by_role("button", name="Export bundle").click()
    assert export.value.suggested_filename.endswith(".zip") and fits(page)
