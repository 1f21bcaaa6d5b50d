"""The back office after a whole order: every page opens, nothing secret shows, and buttons do what they say."""

import json

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from beckn.models import Callback, CallbackState
from ocpi.models import Connection, SyncState
from sessions.models import Order
from tests.ocpi.cpo import TOKEN

pytestmark = pytest.mark.django_db

SECRETS = (TOKEN, "Test Driver", "driver@example.com", "+910000000001")


@pytest.fixture
def staff(db):
    """A browser with a superuser logged in, apart from the one that partners use."""
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("staff", password="not-a-secret"))
    return client


@pytest.fixture
def charged(driver, cpo):
    """An order that was walked to its bill."""
    session = driver.charge()
    driver.ask("support", {"support": {"ref_id": driver.order_id, "callback_phone": "+910000000001"}})
    cpo.cdr(session)
    return Order.objects.get()


def test_every_page_opens_and_shows_no_secret(staff, charged):
    opened = 0
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages = [reverse(f"{name}_changelist")]
        pages += [reverse(f"{name}_change", args=[row.pk]) for row in model._default_manager.all()[:2]]
        for page in pages:
            answer = staff.get(page)
            assert answer.status_code == 200, page
            text = answer.content.decode()
            for secret in SECRETS:
                # who asks to be called back is shown on that page, and on no other
                assert secret not in text or (secret.startswith("+91") and "supportrequest" in page), (
                    page,
                    secret,
                )
            opened += 1
    assert opened > 40


def test_the_order_page_shows_the_lines_of_its_prices(staff, charged):
    page = staff.get(reverse("admin:charging_sessions_order_change", args=[charged.pk])).content.decode()

    assert "energy-cost: 4.5 kWh = <strong>81.00</strong>" in page
    assert "service-charge: 1 session = <strong>10.00</strong>" in page


def test_a_callback_can_be_sent_again(staff, charged, driver, django_capture_on_commit_callbacks):
    callback = Callback.objects.filter(action="on_confirm").get()
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(
            reverse("admin:beckn_callback_changelist"),
            {"action": "send_again", "_selected_action": [callback.pk]},
        )

    assert driver.count("on_confirm") == 2
    assert Callback.objects.get(pk=callback.pk).state == CallbackState.DELIVERED


def test_staff_can_stop_a_charge(staff, driver, cpo, django_capture_on_commit_callbacks):
    driver.charge()
    order = Order.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(
            reverse("admin:charging_sessions_order_changelist"),
            {"action": "stop_charging", "_selected_action": [order.pk]},
        )

    assert len(cpo.bodies("STOP_SESSION")) == 1


def test_an_order_that_staff_cancel_is_told_as_the_providers(
    staff, driver, cpo, django_capture_on_commit_callbacks
):
    driver.book()
    order = Order.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(
            reverse("admin:charging_sessions_order_changelist"),
            {"action": "cancel_order", "_selected_action": [order.pk]},
        )

    told = driver.last("on_cancel")["message"]["order"]
    assert (told["status"], told["cancellation"]["cancelled_by"]) == ("CANCELLED", "PROVIDER")
    assert len(cpo.bodies("CANCEL_RESERVATION")) == 1


def test_pull_everything_asks_for_a_full_pull(staff, cpo):
    connection = Connection.objects.get()
    SyncState.objects.create(connection=connection, module="locations", full_wanted=False)

    staff.post(
        reverse("admin:ocpi_connection_changelist"),
        {"action": "pull_everything", "_selected_action": [connection.pk]},
    )

    assert SyncState.objects.get(module="locations").full_wanted is True


def test_the_wizard_shows_each_step_and_why_it_failed(staff, network):
    network.add("GET", "https://new.example/versions", status=500, body="broken")
    page = staff.post(
        reverse("admin:ocpi_connection_register"),
        {
            "name": "New CPO",
            "versions_url": "https://new.example/versions",
            "token_a": "A-secret-registration-token",
        },
    ).content.decode()

    assert "Not registered." in page
    assert "https://new.example/versions" in page
    assert "A-secret-registration-token" not in page
    assert not Connection.objects.filter(name="New CPO", status="REGISTERED").exists()


def test_an_invitation_shows_the_token_once(staff):
    answer = staff.post(reverse("admin:ocpi_connection_invite"), {"name": "Invited CPO"})
    page = answer.content.decode()

    connection = Connection.objects.get(name="Invited CPO")
    assert (connection.status, connection.incoming_tokens.get().kind) == ("INVITED", "A")
    assert "http://testserver/ocpi/emsp/versions" in page
    again = staff.get(reverse("admin:ocpi_connection_change", args=[connection.pk])).content.decode()
    token = page.split('<dd><code class="break-all">')[2].split("</code>")[0]
    assert len(token) >= 16 and token not in again


def test_pages_need_a_login(client):
    for page in (
        "admin:ocpi_connection_register",
        "admin:ocpi_connection_invite",
        "admin:charging_sessions_order_changelist",
    ):
        answer = client.get(reverse(page))
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/admin/login/")


def test_the_driver_can_follow_a_charge_and_say_more_about_it(client, charged):
    assert "91.00 INR" in client.get(f"/track/{charged.reference}").content.decode()

    client.post(f"/feedback/{charged.reference}", {"comment": "Cable too short"})

    assert charged.ratings.get().comment == "Cable too short"
    assert json.loads(client.get("/health/live").content) == {"status": "ok"}
