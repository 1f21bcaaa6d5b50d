"""The page of a case: what a person can do about it, who may, and that each button calls its service."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from beckn.models import Callback
from emsp.backoffice.cases import watchdog
from emsp.backoffice.models import Case, CaseNote
from ocpi.models import Session, SyncState
from ocpi.services import cdrs
from sessions.models import CdrAudit, MissingCdr, Order
from tests.backoffice.conftest import browser_of, log_in, person
from tests.chromium import fits
from tests.factories.ocpi import PeerFactory, cdr_body
from tests.ocpi.cpo import BASE, Listing, envelope

pytestmark = pytest.mark.django_db


def long_ago():
    return timezone.now() - timedelta(hours=1)


def buttons(browser, case):
    page = browser.get(reverse("admin:backoffice_case_change", args=[case.pk]))
    return [deed.name for deed in page.context["deeds"]]


def press(browser, case, deed, reason=""):
    answer = browser.post(
        reverse("admin:backoffice_case_do", args=[case.pk]), {"deed": deed, "words": reason}, follow=True
    )
    return [str(message) for message in answer.context["messages"]]


def only_case():
    watchdog.look()
    return Case.objects.get()


DONE = ["Done; it stands in the history below."]


def test_a_start_without_session_is_read_for_or_cancelled(
    driver, cpo, network, operator, django_capture_on_commit_callbacks
):
    driver.book()
    driver.confirm()
    Order.objects.update(start_accepted_at=long_ago())
    case, browser = only_case(), browser_of(operator)
    listing = Listing(network, "sessions", [])
    assert buttons(browser, case) == ["pull_session", "cancel"]

    with django_capture_on_commit_callbacks(execute=True):
        assert press(browser, case, "pull_session") == DONE
    assert len(listing.asked) == 1
    assert press(browser, case, "cancel") == ["Cancel the order: a reason is needed."]
    assert Order.objects.get().state == "STARTING"
    with django_capture_on_commit_callbacks(execute=True):
        assert press(browser, case, "cancel", "the charger is broken") == DONE

    order = Order.objects.get()
    assert (order.state, order.cancelled_by, order.cancel_reason) == ("CANCELLED", "PROVIDER", "the charger is broken")
    assert driver.last("on_cancel")["message"]["order"]["status"] == "CANCELLED"
    assert list(CaseNote.objects.values_list("text", "by_name")) == [
        ("asked the operator for the session", "olga"),
        ("cancelled the order: the charger is broken", "olga"),
    ]
    assert press(browser, case, "cancel", "again") == ["That cannot be done about this case now."]


def test_a_silent_charge_is_read_for_and_stopped(
    driver, cpo, network, operator, django_capture_on_commit_callbacks
):
    driver.charge()
    Session.objects.update(received_at=long_ago())
    case, browser = only_case(), browser_of(operator)
    assert buttons(browser, case) == ["pull_session", "stop", "cancel"]
    asked = network.add("GET", f"{BASE}/sessions/S-1", json=envelope(code=2000), status=404)
    Listing(network, "sessions", [])

    with django_capture_on_commit_callbacks(execute=True):
        press(browser, case, "pull_session")
    with django_capture_on_commit_callbacks(execute=True):
        assert press(browser, case, "stop") == DONE

    assert asked.call_count == 1
    assert len(cpo.bodies("STOP_SESSION")) == 1
    assert buttons(browser, case) == ["pull_session", "cancel"]


def test_a_missing_cdr_is_asked_for(driver, cpo):
    driver.charge()
    cpo.session("COMPLETED", kwh=4.5)
    MissingCdr.objects.create(order=Order.objects.get(), asked_at=long_ago(), raised_at=long_ago())
    SyncState.objects.update_or_create(
        connection=cpo.party.connection, module="cdrs", defaults={"full_wanted": False}
    )
    case, fay = only_case(), browser_of(person("fay", "finance"))
    assert buttons(fay, case) == ["pull_cdrs"]

    assert press(fay, case, "pull_cdrs") == DONE

    assert SyncState.objects.get(module="cdrs").full_wanted is True


def test_a_cdr_of_no_order_is_decided_about_by_finance_alone(cpo, operator):
    body = cdr_body(party_id="CPO", session_id="S-nobody", authorization_reference="nobody")
    cdrs.store_cdrs(cpo.party, [body], received_at=timezone.now())
    case, fay = only_case(), person("fay", "finance")
    assert buttons(browser_of(operator), case) == []
    assert press(browser_of(operator), case, "accept_cdr", "fine") == ["That cannot be done about this case now."]
    assert CdrAudit.objects.get().decision == ""
    assert buttons(browser_of(fay), case) == ["accept_cdr", "contest_cdr"]

    assert press(browser_of(fay), case, "contest_cdr", "nobody charged") == DONE

    decision = CdrAudit.objects.get().decisions.get()
    assert (decision.decision, decision.reason, decision.by_name) == ("CONTESTED", "nobody charged", "fay")
    assert watchdog.look() == (0, 1)


def test_a_held_bill_is_released(driver, cpo):
    session = driver.charge()
    cpo.session("COMPLETED", kwh=4.5)
    cpo.cdr(session, kwh=4000, total=72010.0)
    order = Order.objects.get()
    assert order.bills.get().held != ""
    case = Case.objects.create(kind="CDR_MISSING", subject="missingcdr:0", summary="x", order=order)
    fay = browser_of(person("fay", "finance"))
    assert "release_bill" in buttons(fay, case)

    assert press(fay, case, "release_bill", "it is true") == DONE

    assert order.bills.get().held == ""
    assert Order.objects.get().energy_kwh == Decimal("4000")


def test_a_message_given_up_is_sent_again_once(driver, operator, django_capture_on_commit_callbacks):
    driver.book()
    Callback.objects.filter(action="on_init").update(state="DEAD", superseded_by_newer=False)
    case, browser = only_case(), browser_of(operator)
    assert buttons(browser, case)[0] == "send_again"

    with django_capture_on_commit_callbacks(execute=True):
        assert press(browser, case, "send_again") == DONE

    assert driver.count("on_init") == 2
    assert Callback.objects.get(action="on_init").state == "DELIVERED"
    assert watchdog.look() == (0, 1)


def test_an_operator_that_is_down_is_asked_by_who_may(operator, monkeypatch):
    peer = PeerFactory(last_ok_at=long_ago(), last_error_at=timezone.now())
    asked = []
    monkeypatch.setattr("emsp.backoffice.cases.deeds.request_pull", lambda connection: asked.append(connection))
    case = only_case()
    assert buttons(browser_of(operator), case) == []

    assert press(browser_of(person("ines", "integrator")), case, "pull_all") == DONE

    assert asked == [peer]


def test_an_auditor_reads_a_case_and_does_nothing():
    PeerFactory(last_ok_at=long_ago(), last_error_at=timezone.now())
    case, uma = only_case(), browser_of(person("uma", "auditor"))

    page = uma.get(reverse("admin:backoffice_case_change", args=[case.pk]))
    assert page.status_code == 200 and "<form" not in page.content.decode().split('id="content"')[-1]
    for name in ("assign", "note", "resolve", "do"):
        url = reverse(f"admin:backoffice_case_{name}", args=[case.pk])
        assert uma.post(url, {"words": "x", "deed": "pull_all", "me": "1"}).status_code == 403
        assert browser_of(person(f"olga-{name}", "operator")).get(url).status_code == 405
    assert not CaseNote.objects.exists()


def test_nothing_that_is_posted_breaks_the_page(operator):
    PeerFactory(last_ok_at=long_ago(), last_error_at=timezone.now())
    case, browser = only_case(), browser_of(operator)

    for name in ("assign", "note", "resolve", "do"):
        url = reverse(f"admin:backoffice_case_{name}", args=[case.pk])
        for data in ({}, {"to": "x", "words": "\0", "deed": "nothing"}, {"to": "99999999999999999999999", "words": ""}):
            assert browser.post(url, data).status_code in (302, 400), (name, data)
    assert browser.get("/admin/backoffice/case/999999/change/").status_code == 404
    assert browser.get("/admin/backoffice/case/x/change/").status_code == 404


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_a_case_is_taken_acted_upon_noted_and_resolved_in_a_browser(live_server, chromium, width, monkeypatch):
    asked = []
    monkeypatch.setattr("emsp.backoffice.cases.deeds.request_pull", asked.append)
    peer = PeerFactory(name="Far CPO", last_ok_at=long_ago(), last_error_at=timezone.now(), last_error="no connection")
    person("olga", "operator", "integrator")
    case = only_case()
    page = chromium.new_context(viewport={"width": width, "height": 844}).new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    log_in(page, live_server.url, "olga")
    page.goto(f"{live_server.url}/admin/backoffice/case/")
    page.get_by_role("link", name=f"{case.pk}: operator does not answer").click()
    page.get_by_text("Asked again at each pull; the last answer: no connection.").wait_for()
    assert fits(page)

    page.get_by_role("button", name="Take it").click()
    page.locator("#history", has_text="assigned to olga").wait_for()
    page.get_by_role("button", name="Ask the operator now").click()
    page.locator("#history", has_text="asked the operator").wait_for()
    assert asked == [peer]
    page.get_by_label("Note").fill("Called their desk.\nThey know.")
    page.get_by_role("button", name="Add the note").click()
    page.locator("#history", has_text="They know.").wait_for()
    assert Case.objects.get().state == "ASSIGNED" and fits(page)
    page.get_by_label("Reason", exact=True).fill("planned works")
    page.get_by_role("button", name="Resolve").click()
    page.locator("[data-resolution]", has_text="by olga: planned works.").wait_for()

    assert page.get_by_role("button", name="Resolve").count() == 0 and fits(page)
    case.refresh_from_db()
    assert (case.state, case.resolution, case.resolved_by.username) == ("RESOLVED", "planned works", "olga")
    assert complaints == []
