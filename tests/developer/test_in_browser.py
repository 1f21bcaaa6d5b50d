"""The documentation in a real browser: nothing overflows, and the keyboard reaches what is folded."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from emsp.developer.guides import site
from tests.axe import violations
from tests.chromium import chromium, fits  # noqa: F401 (fixture)

pytestmark = pytest.mark.browser


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def docs(tmp_path):
    """The address of the static build on a plain file server."""
    site.build(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=[(390, "dark"), (1280, "light")])
def page(request, chromium):  # noqa: F811
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    yield context.new_page()
    context.close()


def test_every_page_fits_and_is_styled(page, docs):
    wide = []
    for name, each in site.pages().items():
        if each.content_type == site.HTML:
            page.goto(f"{docs}/{name}")
            wide += [] if fits(page) else [name]

    assert wide == []
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "864px"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_seriously_wrong_for_who_reads_otherwise(chromium, docs, scheme):  # noqa: F811
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    wrong = {}
    for name in ("", "api/beckn/", "states/", "connect-a-bap/", "errors/", "architecture/"):
        page.goto(f"{docs}/{name}")
        if found := violations(page):
            wrong[name] = found
    context.close()

    assert wrong == {}


def test_an_operation_opens_by_the_keyboard(page, docs):
    page.goto(f"{docs}/api/beckn/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.locator("#search summary").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Then we send on_search").wait_for()


def test_the_navigation_leads_from_a_guide_to_an_example(page, docs):
    page.goto(f"{docs}/")
    menu = page.get_by_role("navigation", name="Documentation")
    menu.get_by_role("link").first.click()
    page.locator("main h1").wait_for()
    assert menu.locator("a[aria-current=page]").count() == 1
    menu.locator("a[href*='api/beckn']").click()
    page.locator("#search summary").click()
    page.locator("#search pre", has_text='"action": "search"').first.wait_for()
    assert fits(page)
