"""Fixtures: one BAP process and one scripted BPP for all tests here; a fresh script and browser for each."""

from collections.abc import Iterator

import pytest

from tests.beckn.bap import world
from tests.beckn.bap.journey import Driver
from tests.beckn.bap.process import BapProcess, Browser
from tests.beckn.bap.stub_bpp import StubBpp
from tests.chromium import chromium  # noqa: F401 (fixture)


@pytest.fixture(scope="session")
def _bpp() -> Iterator[StubBpp]:
    stub = StubBpp()
    yield stub
    stub.close()


@pytest.fixture(scope="session")
def bap(_bpp: StubBpp) -> Iterator[BapProcess]:
    process = BapProcess(_bpp)
    yield process
    process.close()


@pytest.fixture
def bpp(bap: BapProcess, _bpp: StubBpp) -> StubBpp:
    """The BPP with the script of a booking that goes well; a test changes what it wants to."""
    _bpp.reset()
    bap.rows("TRUNCATE bap_driver, bap_message CASCADE")  # at once: the process may be at work on either
    _bpp.script("search", {"catalog": world.catalogue()})
    return _bpp


@pytest.fixture
def browser(bap: BapProcess, bpp: StubBpp) -> Browser:
    return Browser(bap.url)


@pytest.fixture
def driver(browser: Browser, bpp: StubBpp) -> Driver:
    return Driver(browser, bpp)


@pytest.fixture(params=[390, 1280])
def page(request, chromium, bap, bpp):  # noqa: F811
    context = chromium.new_context(viewport={"width": request.param, "height": 844})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda message: page.complaints.append(message.text) if "Content Security" in message.text else 0)
    page.goto(bap.url)
    yield page
    context.close()
    assert page.complaints == []
