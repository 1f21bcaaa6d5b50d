"""The dashboard: hours counted exactly and again, percentiles, what waits, and who may see which number."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from beckn.models import Callback, CallbackState, Request
from emsp.backoffice.dashboard import attention, counting, reading
from emsp.backoffice.dashboard.latency import BUCKETS, percentile_ms
from emsp.backoffice.models import HourlyFigure
from ocpi.models import ParkedObject, SyncState
from sessions.models import Bill, Order
from tests.factories.beckn import CallbackFactory, RequestFactory

pytestmark = pytest.mark.django_db
HOUR = datetime(2026, 3, 1, 9, tzinfo=UTC)
NOW = HOUR + timedelta(minutes=30)


def asked(action, minute, *, state=None, after_ms=0, error=""):
    """A request at a minute of the hour, with an answer in this state unless there is none."""
    request = RequestFactory(action=action)
    at = HOUR + timedelta(minutes=minute)
    Request.objects.filter(pk=request.pk).update(received_at=at)
    if state:
        sent_at = at + timedelta(milliseconds=after_ms) if state == "DELIVERED" else None
        CallbackFactory(request=request, action=f"on_{action}", state=state, sent_at=sent_at, error_code=error)


def test_an_hour_is_counted_by_what_became_of_its_requests():
    asked("search", 0, state="DELIVERED", after_ms=40)
    asked("search", 1, state="DELIVERED", after_ms=250)
    asked("search", 2, state="DELIVERED", after_ms=60, error="30001")
    asked("search", 3, state="DEAD")
    asked("search", 4, state="PENDING")
    asked("init", 5)
    asked("search", 60, state="DELIVERED")

    counting.count(HOUR, NOW)

    figures = {row.action: row for row in reading.sums([HourlyFigure.objects.get()]).actions}
    search = figures["search"]
    assert (search.received, search.refused, search.lost) == (5, 1, 1)
    assert (search.good_percent, search.p50_ms, search.p95_ms) == (Decimal("50.0"), 100, 300)
    assert (figures["init"].received, figures["init"].good_percent, figures["init"].p50_ms) == (1, None, None)


def test_counting_again_changes_nothing_and_news_replaces_what_was_counted():
    asked("search", 0, state="DELIVERED")
    counting.count(HOUR, NOW)
    counting.count(HOUR, NOW)
    assert HourlyFigure.objects.get().actions["search"]["received"] == 1

    asked("search", 1, state="DELIVERED")
    counting.count(HOUR, NOW)
    assert HourlyFigure.objects.get().actions["search"]["received"] == 2


def test_runs_catch_up_and_then_count_only_what_may_still_change():
    hours = 31 * 24 + 1
    # each run counts the two newest again
    assert [counting.count_due(NOW) for _ in range(5)] == [200, 200, 200, hours - 600 + 2 * 3, 2]
    assert HourlyFigure.objects.count() == hours

    later = NOW + timedelta(hours=1)
    # the new hour, the last one, and the 25 before that whose answers may still arrive
    assert counting.count_due(later) == 27
    assert HourlyFigure.objects.count() == hours
    assert counting.count_due(later) == 2


def test_a_whole_order_is_counted(charged):
    now = datetime.now(UTC)
    for hour in (now - timedelta(hours=1), now):
        counting.count(counting.hour_of(hour), now)

    total = reading.sums(HourlyFigure.objects.all())
    assert (total.searches, total.orders, total.charges, total.energy_kwh) == (1, 1, 1, Decimal("4.5"))
    assert [(m.currency, m.revenue, m.cost, m.margin) for m in total.money] == [
        ("INR", Decimal("91.00"), Decimal("91.00"), Decimal("0.00"))
    ]
    party = Order.objects.get().party
    assert {str(party.pk): {"asked": 2, "failed": 0}} in [row.commands for row in HourlyFigure.objects.all()]


@pytest.mark.parametrize(
    ("counts", "percent", "expected"),
    [([1] + [0] * 14, 95, 50), ([0] * 14 + [1], 50, 30_000), ([19, 1] + [0] * 13, 95, 50), ([18, 2] + [0] * 13, 95, 100),
     ([0] * BUCKETS, 50, None)],
)  # fmt: skip
def test_percentiles_are_upper_bounds(counts, percent, expected):
    assert percentile_ms(counts, percent) == expected


def test_each_matter_is_counted_and_leads_to_its_list(staff, charged):
    Callback.objects.filter(action="on_confirm").update(state=CallbackState.DEAD)
    Bill.objects.update(held="too much energy")
    connection = charged.order.party.connection
    ParkedObject.objects.create(connection=connection, module="cdrs", ocpi_id="X", reason="wrong", raw={}, last_seen_at=NOW)

    found = attention.waiting(lambda permission: True)

    assert [(one.what, one.count) for one in found] == [
        ("Held bills", 1), ("Callbacks given up", 1), ("Parked objects of operators", 1)
    ]  # fmt: skip
    for one in found:
        page = staff.get(one.url)
        assert (page.status_code, page.context["cl"].result_count) == (200, 1), one.url


def test_every_list_of_the_attention_box_accepts_its_filter(staff):
    for matter in attention.MATTERS:
        page = staff.get(matter.url)
        assert page.status_code == 200 and "e=1" not in page.request["QUERY_STRING"], matter.url


def test_the_numbers_of_the_page_lead_to_what_they_count(staff, charged):
    counting.count_due()
    page = staff.get(reverse("admin:index"))

    tiles = {tile["title"]: tile for tile in page.context["tiles"]}
    shown = {name: str(tile["value"]) for name, tile in tiles.items()}
    assert shown == {
        "Searches": "1", "Orders confirmed": "1", "Charging now": "0", "Delivered": "4.5", "Revenue": "91.00",
        "Margin": "0.00",
    }  # fmt: skip
    for name, count in (("Searches", 1), ("Orders confirmed", 1), ("Charging now", 0), ("Delivered", 1), ("Revenue", 1)):
        assert staff.get(tiles[name]["url"]).context["cl"].result_count == count, name
    text = page.content.decode()
    for url in set(re.findall(r'href="(/admin/[^"]*\?[^"]*)"', text)):
        assert staff.get(url.replace("&amp;", "&")).status_code == 200, url


def test_numbers_are_shown_to_those_who_may_see_the_lists(reader, charged):
    counting.count_due()
    page = reader("beckn.view_request").get(reverse("admin:index"))

    assert [tile["title"] for tile in page.context["tiles"]] == ["Searches"]
    assert (page.context["operators"], page.context["waiting"]) == (None, [])
    assert [chart["title"] for chart in page.context["charts"]] == ["Requests of apps"]


def test_without_figures_the_page_says_what_to_do(staff):
    text = staff.get(reverse("admin:index")).content.decode()
    assert "Nothing was counted yet" in text and "No operator is connected" in text


def test_an_operator_in_trouble_comes_first_with_the_reason(charged):
    connection = charged.order.party.connection
    SyncState.objects.create(connection=connection, module="cdrs", error="HTTP 500")

    (one,) = reading.health([], NOW)
    assert (one.state, one.why) == ("bad", "cdrs cannot be read: HTTP 500")


def test_the_page_takes_as_many_queries_with_many_rows(staff, charged, django_assert_num_queries):
    counting.count_due()
    with django_assert_num_queries(17):
        staff.get(reverse("admin:index"))
    RequestFactory.create_batch(20)
    with django_assert_num_queries(17):
        staff.get(reverse("admin:index"))
