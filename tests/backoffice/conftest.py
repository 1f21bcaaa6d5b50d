"""Staff by role, and an order that was walked through the real doors."""

import re

import pytest
import responses
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from beckn.models import Transaction
from sessions.models import Order
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.chromium import chromium  # noqa: F401 (fixture)
from tests.flows.conftest import cpo, driver  # noqa: F401 (fixtures)

PASSWORD = "a-password-of-the-tests"


@pytest.fixture
def network():
    """What leaves by `requests` meets these answers and nothing else."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def staff(db):
    """A browser with a superuser logged in, apart from the one that partners use."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff", password="not-a-secret"))
    return client


def person(name, *roles, **more):
    made = User.objects.create_user(name, password=PASSWORD, is_staff=True, **more)
    made.groups.set(Group.objects.filter(name__in=roles))
    assert made.groups.count() == len(roles)
    return made


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def operator(db):
    return person("olga", "operator")


def log_in(page, base, name, password=PASSWORD):
    page.goto(f"{base}/admin/login/?next=/admin/")
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill(password)
    page.get_by_role("button", name=re.compile("Log in")).click()


@pytest.fixture
def reader(db):
    """Makes a browser of somebody with just these permissions, as app.codename."""

    def make(*permissions):
        user = User.objects.create_user("reader", is_staff=True)
        for name in permissions:
            app, codename = name.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def charged(driver, cpo):  # noqa: F811
    """The conversation of an order of 4.5 kWh, billed 91.00 INR at cost."""
    session = driver.charge()
    cpo.cdr(cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"]))
    return Transaction.objects.get(order=Order.objects.get())
