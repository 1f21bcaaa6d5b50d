"""A real browser with somebody of the staff logged in."""

import pytest
from django.test import Client

from tests.chromium import chromium  # noqa: F401 (fixture)
from tests.factories.price_book import staff


@pytest.fixture(params=[390, 1280])
def page(request, chromium, live_server):  # noqa: F811
    """A page of the live server; what its scripts complain of fails the test."""
    client = Client()
    client.force_login(staff())
    context = chromium.new_context(viewport={"width": request.param, "height": 844})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.root = live_server.url
    yield page
    context.close()
    assert page.complaints == []


