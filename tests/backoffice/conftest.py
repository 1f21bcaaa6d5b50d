"""Staff by role, and an order that was walked through the real doors."""

import re
import shutil

import pytest
import responses
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.flows.conftest import cpo, driver  # noqa: F401 (fixtures)

PASSWORD = "a-password-of-the-tests"
CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@pytest.fixture
def network():
    """What leaves by `requests` meets these answers and nothing else."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


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


@pytest.fixture
def chromium(monkeypatch):
    """A browser. Its loop runs in the test's thread, which therefore asks the database beside a running loop."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def log_in(page, base, name, password=PASSWORD):
    page.goto(f"{base}/admin/login/?next=/admin/")
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill(password)
    page.get_by_role("button", name=re.compile("Log in")).click()


def fits(page):
    page.wait_for_load_state("load")
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
