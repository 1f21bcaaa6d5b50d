"""The login: lock-out, second factor, recovery codes, and whom a proxy says it is."""

import base64
import re
import time
from functools import partial

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken

from emsp.backoffice.models import Authenticator
from emsp.backoffice.roles import second_factor
from emsp.core.addresses import client_ip
from tests.backoffice.conftest import PASSWORD, browser_of, log_in, person
from tests.chromium import fits
from tests.races import at_once

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


def code_at(device, step):
    made = TOTP(base64.b32decode(device.key), 30, 0, 6, 0)
    made.time = time.time() + 30 * step
    return f"{made.token():06d}"


def enrolled(user):
    second_factor.begin(user)
    device = Authenticator.objects.get(user=user)
    _, codes = second_factor.confirm(user, code_at(device, -1))
    return Authenticator.objects.get(user=user), codes


def attempt(client, name="olga", password="wrong", **headers):
    return client.post(f"{LOGIN}?next=/admin/", {"username": name, "password": password, "next": "/admin/"}, **headers)


def test_five_wrong_passwords_lock_a_name_for_an_address_and_no_other(operator):
    client = Client()
    for _ in range(4):
        assert attempt(client).status_code == 200
    locked = attempt(client)

    assert locked.status_code == 429 and "Too many wrong passwords" in locked.content.decode()
    assert attempt(client, password=PASSWORD).status_code == 429
    assert attempt(Client(), password=PASSWORD, REMOTE_ADDR="192.0.2.9").status_code == 302
    person("otto")
    assert attempt(Client(), "otto", PASSWORD).status_code == 302
    assert PASSWORD not in " ".join(AccessAttempt.objects.values_list("post_data", flat=True))


def test_a_right_password_forgets_the_wrong_ones(operator):
    client = Client()
    for _ in range(4):
        attempt(client)
    assert attempt(client, password=PASSWORD).status_code == 302
    assert AccessAttempt.objects.count() == 0


def test_who_may_unlocks_a_name(operator):
    for _ in range(5):
        attempt(Client())
    boss = browser_of(person("ada", "admin"))

    boss.post(reverse("admin:axes_accessattempt_delete", args=[AccessAttempt.objects.get().pk]), {"post": "yes"})

    assert attempt(Client(), password=PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "203.0.113.5", "192.0.2.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "10.9.9.9, 203.0.113.5", "203.0.113.5"),
        (2, "10.9.9.9, 203.0.113.5, 198.51.100.7", "203.0.113.5"),
        (2, "203.0.113.5", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "nonsense", "192.0.2.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_what_a_client_writes_into_a_header_is_not_its_address(settings, proxies, forwarded, found):
    settings.LOGIN_PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)

    assert client_ip(request) == found


def test_without_a_second_factor_the_password_is_enough_in_the_demo(operator):
    client = Client()
    assert attempt(client, password=PASSWORD).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_a_role_that_needs_a_second_factor_gets_it_before_anything_else(operator, settings):
    settings.SECOND_FACTOR_ROLES = ["operator"]
    client = browser_of(operator)

    answer = client.get("/admin/backoffice/case/")

    assert (answer.status_code, answer.url) == (302, "/admin/second-factor/enrol/")
    assert browser_of(person("fay", "finance")).get("/admin/").status_code == 200
    settings.SECOND_FACTOR_ROLES = ["superuser"]
    assert client.get("/admin/").status_code == 200
    root = browser_of(User.objects.create_superuser("root", password=PASSWORD))
    assert root.get("/admin/").url == "/admin/second-factor/enrol/"


def test_enrolling_takes_the_first_code_and_shows_recovery_codes_once(operator):
    client = browser_of(operator)
    page = client.get("/admin/second-factor/enrol/").content.decode()
    device = Authenticator.objects.get()
    assert "<svg" in page and device.key in page and not device.confirmed
    assert client.get("/admin/second-factor/enrol/") and Authenticator.objects.get().key == device.key

    wrong = client.post("/admin/second-factor/enrol/", {"code": "12345x"}).content.decode()
    assert "That code is not right" in wrong and not Authenticator.objects.get().confirmed
    Authenticator.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    done = client.post("/admin/second-factor/enrol/", {"code": code_at(device, 0)}).content.decode()

    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", done)
    assert len(codes) == 10 and Authenticator.objects.get().confirmed
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == 10 and not kept & {code.replace("-", "") for code in codes}
    assert client.get("/admin/").status_code == 200
    assert LogEntry.objects.get().get_change_message() == "Enrolled a second factor."
    with connection.cursor() as cursor:
        cursor.execute("select key from backoffice_authenticator")
        assert device.key not in cursor.fetchone()[0]


def test_a_password_alone_opens_nothing_where_a_second_factor_stands(operator):
    device, codes = enrolled(operator)
    client = browser_of(operator)
    assert client.get("/admin/ocpi/token/?q=x").url == "/admin/second-factor/"
    assert client.get("/admin/second-factor/enrol/").url == "/admin/second-factor/"
    assert client.post("/admin/backoffice/case/1/note/", {"words": "x"}).url == "/admin/second-factor/"

    assert "not right" in client.post("/admin/second-factor/", {"code": "000000"}).content.decode()
    Authenticator.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    before = client.session.session_key
    assert client.post("/admin/second-factor/", {"code": code_at(device, 0)}).url == "/admin/ocpi/token/?q=x"
    assert client.session.session_key != before
    assert client.get("/admin/ocpi/token/").status_code == 200

    again = browser_of(operator)
    assert "not right" in again.post("/admin/second-factor/", {"code": code_at(device, 0)}).content.decode()


def test_a_recovery_code_is_good_once(operator):
    _, codes = enrolled(operator)

    assert browser_of(operator).post("/admin/second-factor/", {"code": codes[0].upper()}).status_code == 302
    assert browser_of(operator).post("/admin/second-factor/", {"code": codes[0]}).status_code == 200
    stored = StaticToken.objects.first().token
    from django_otp.plugins.otp_static.models import StaticDevice

    StaticDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    assert browser_of(operator).post("/admin/second-factor/", {"code": stored}).status_code == 200
    assert second_factor.codes_left(operator) == 9


def test_wrong_codes_make_right_ones_wait(operator):
    device, _ = enrolled(operator)
    for _ in range(4):
        second_factor.check(operator, "000000")

    assert second_factor.check(operator, code_at(device, 0)) is None
    Authenticator.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    assert second_factor.check(operator, code_at(device, 0)) == device


@pytest.mark.django_db(transaction=True)
def test_one_code_in_two_browsers_at_once_lets_one_in():
    user = person("olga")
    device, _ = enrolled(user)
    found = at_once(*[partial(second_factor.check, user, code_at(device, 0))] * 4)

    assert sorted(device is not None for device in found) == [False, False, False, True]


def test_a_lost_device_is_removed_by_who_may_and_never_a_superusers(operator):
    enrolled(operator)
    root = User.objects.create_superuser("root", password=PASSWORD)
    enrolled(root)
    boss = browser_of(person("ada", "admin"))

    boss.post(
        reverse("admin:auth_user_changelist"),
        {"action": "remove_second_factor", "_selected_action": [operator.pk, root.pk]},
    )

    assert (second_factor.has_one(operator), second_factor.has_one(root)) == (False, True)
    done = LogEntry.objects.filter(change_message="Did: remove second factor")
    assert sorted(done.values_list("user__username", "object_repr")) == [("ada", "olga"), ("ada", "root")]


def test_who_is_no_superuser_makes_none(operator):
    root = User.objects.create_superuser("root", password=PASSWORD)
    ada = person("ada", "admin")
    boss = browser_of(ada)

    assert boss.post(reverse("admin:auth_user_change", args=[root.pk]), {"username": "x"}).status_code == 403
    assert boss.post(reverse("admin:auth_user_password_change", args=[root.pk]), {}).status_code == 403
    assert boss.post(reverse("admin:auth_user_delete", args=[root.pk]), {"post": "yes"}).status_code == 403
    form = {"username": "ada", "is_active": "on", "is_staff": "on", "is_superuser": "on", "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00:00"}  # fmt: skip
    assert boss.post(reverse("admin:auth_user_change", args=[ada.pk]), form).status_code == 302
    assert User.objects.get(pk=ada.pk).is_superuser is False


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_enrolling_and_logging_in_with_a_code_in_a_browser(live_server, chromium, settings, width):
    settings.SECOND_FACTOR_ROLES = ["operator"]
    person("olga", "operator")
    page = chromium.new_context(viewport={"width": width, "height": 844}).new_page()
    log_in(page, live_server.url, "olga")
    page.get_by_role("img", name="QR code for an authenticator app").wait_for()
    assert fits(page)
    device = Authenticator.objects.get()
    page.get_by_label("Code", exact=True).fill(code_at(device, -1))
    page.get_by_role("button", name="Turn it on").click()
    page.locator("#codes li").first.wait_for()
    assert page.locator("#codes li").count() == 10 and fits(page)
    page.get_by_role("link", name="Go on").click()
    page.wait_for_url("**/admin/")

    page.context.clear_cookies()
    log_in(page, live_server.url, "olga")
    page.get_by_label("Code", exact=True).fill(code_at(device, 0))
    assert fits(page)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    page.get_by_role("link", name="Cases", include_hidden=True).first.wait_for(state="attached")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_browser_is_locked_out(live_server, chromium):
    person("olga", "operator")
    page = chromium.new_context(viewport={"width": 390, "height": 844}).new_page()
    for _ in range(5):
        log_in(page, live_server.url, "olga", "wrong")
    page.get_by_role("heading", name="Too many wrong passwords").wait_for()
    assert fits(page)

    log_in(page, live_server.url, "olga")

    page.get_by_role("heading", name="Too many wrong passwords").wait_for()
