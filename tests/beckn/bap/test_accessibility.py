"""Every page of a journey under axe-core, on a phone, in light and dark: no serious violation. And no page jumps."""

import pytest

from tests.axe import violations
from tests.beckn.bap import world

pytestmark = pytest.mark.browser
SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""


@pytest.fixture(params=["light", "dark"])
def phone(request, chromium, bap, driver):
    """A browser with scripts that is the driver of the journey."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=request.param)
    yield context
    context.close()


@pytest.fixture
def look(phone, bap, driver):
    """Opens a page and says what axe finds wrong, and how far things moved while it was built."""
    page = phone.new_page()

    def look(path):
        phone.add_cookies([{"name": c.name, "value": c.value, "url": bap.url} for c in driver.browser.http.cookies])
        page.goto(f"{bap.url}{path}")
        assert violations(page) == [], path
        assert page.evaluate(SHIFTS) < 0.1, path

    return look


def test_searching(look, driver, bpp):
    look("/")
    look("/vehicle")
    look("/orders")
    results = driver.search()
    look(results.path)
    look(results.link(r"/searches/[^\"]+/stations/[^\"]+"))
    bpp.script("search", {"catalog": {"providers": []}})
    look(driver.search(place="saket").path)
    look("/nothing")


def test_booking(look, driver, bpp):
    driver.choose()
    look(f"{driver.order_path}/quote")
    driver.book()
    look(f"{driver.order_path}/terms")
    bpp.script("cancel")
    bpp.script("get_cancellation_reasons", {"cancellation_reasons": world.REASONS})
    driver.charge()
    look(driver.order_path)
    driver.browser.get(f"{driver.order_path}/cancel")
    bpp.told("cancellation_reasons")
    look(f"{driver.order_path}/cancel")
    look(f"{driver.order_path}/support")
    driver.finish()
    for page in ("receipt", "rate"):
        look(f"{driver.order_path}/{page}")
    look("/orders")
    look("/messages")


def test_a_refusal(look, driver, bpp):
    bpp.script("select", {"order": world.order()}, error={"code": "40002", "message": "EVSE_UNAVAILABLE: busy"})
    look(driver.choose().path)


def test_hindi(look, driver):
    driver.browser.post("/language", language="hi", next="/")
    look("/")
    look(driver.search().path)
    driver.charge()
    look(driver.order_path)
