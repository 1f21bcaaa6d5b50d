"""Fixtures: one BAP process and one scripted BPP for all tests here; a fresh script and browser for each."""

from collections.abc import Iterator

import pytest

from tests.beckn.bap import world
from tests.beckn.bap.journey import Driver
from tests.beckn.bap.process import BapProcess, Browser
from tests.beckn.bap.stub_bpp import StubBpp


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
    bap.rows("TRUNCATE bap_driver CASCADE")
    bap.rows("TRUNCATE bap_message CASCADE")
    _bpp.script("search", {"catalog": world.catalogue()})
    return _bpp


@pytest.fixture
def browser(bap: BapProcess, bpp: StubBpp) -> Browser:
    return Browser(bap.url)


@pytest.fixture
def driver(browser: Browser, bpp: StubBpp) -> Driver:
    return Driver(browser, bpp)
