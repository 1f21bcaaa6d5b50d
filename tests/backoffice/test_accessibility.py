"""The main pages of the back office under axe-core, on a phone, in light and dark; none reaches beyond its window."""

import pytest
from django.conf import settings
from django.urls import reverse

from beckn.models import SupportRequest
from ocpi.models import Connection, Location
from sessions.models import CdrAudit, Order
from tests.axe import violations
from tests.backoffice.conftest import browser_of
from tests.backoffice.rows import one_of_each
from tests.chromium import fits
from tests.factories.price_book import staff as somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["light", "dark"])
def page(request, chromium, live_server):
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=request.param, base_url=live_server.url
    )
    session = browser_of(somebody()).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()


def of(model):
    row = model.objects.order_by("pk").first()
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])


def pages(pks):
    lists = ("backoffice_case", "charging_sessions_order", "beckn_transaction", "ocpi_token", "ocpi_connection")
    return [
        reverse("admin:index"),
        *(reverse(f"admin:{name}_changelist") for name in lists),
        *(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])
          for model, pk in pks.items() if model._meta.model_name in ("case", "transaction", "token")),
        *map(of, (Order, CdrAudit, Connection, SupportRequest)),
        reverse("admin:ocpi_connection_register"),
        reverse("admin:developer_conformancerun_run"),
        reverse("operators:map"),
        reverse("operators:operator", args=[Connection.objects.get().pk]),
        reverse("operators:site", args=[Location.objects.get().pk]),
        *(reverse(f"message_bench:{name}") for name in ("read", "sign", "verify", "feed")),
        reverse("admin:second_factor_enrol"),
    ]  # fmt: skip


# Widgets of Unfold that are not ours: the list of an import's buttons holds no list items.
THEIRS = [".object-tools"]


def test_no_page_is_seriously_wrong_for_who_reads_otherwise(page, driver, cpo, settings):
    settings.MAP_TILE_URL = ""
    wrong = {}
    for path in pages(one_of_each(driver, cpo)):
        page.goto(path)
        found = [one for one in violations(page) if one[1] != THEIRS]
        if found or not fits(page):
            wrong[path] = found

    assert wrong == {}


def test_a_list_without_rows_says_what_comes_next(page):
    page.goto(reverse("admin:beckn_supportrequest_changelist"))
    page.get_by_text("They come by themselves").wait_for()
    page.goto(reverse("admin:beckn_subscriber_changelist") + "?q=nothing-like-it")
    page.get_by_role("link", name="Show all").click()
    page.get_by_text("Make the first one here.").wait_for()
    page.get_by_role("link", name="Add subscriber").last.click()
    page.wait_for_url("**/admin/beckn/subscriber/add/**")
