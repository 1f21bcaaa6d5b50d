"""The pages in a real browser: scripts run, nothing overflows at 390 and 1280 pixels, no script is refused."""

from datetime import UTC, datetime

import pytest

from tests.beckn.bap import world
from tests.beckn.bap.journey import CONTACT, held
from tests.chromium import fits

pytestmark = pytest.mark.browser
# The clock shows what is left of the reservation, give or take the second in which it ticks.
COUNTS_DOWN = """() => {
  const clock = document.querySelector(".clock time");
  const [, minutes, seconds] = clock?.textContent.match(/(\\d\\d):(\\d\\d)$/) || [];
  return Math.abs((Date.parse(clock?.dateTime) - Date.now()) / 1000 - minutes * 60 - seconds) < 2;
}"""


def test_the_whole_way_with_scripts(page, bpp):
    bpp.scripts.clear()
    page.get_by_role("button", name="Find chargers").click()
    page.get_by_text("Looking for chargers…").wait_for()
    bpp.push(bpp.asked("search").body["context"] | {"action": "on_search"}, {"catalog": world.catalogue()})
    page.get_by_role("link", name="Connaught Place Plaza").wait_for()
    page.locator(".cluster", has_text="2").wait_for()
    assert page.locator(".pin").count() == 1 and fits(page)
    page.get_by_text("map tiles unavailable").wait_for()

    bpp.script("select", {"order": world.order()})
    page.get_by_role("link", name="Connaught Place Plaza").click()
    page.get_by_label("8 kWh").check()
    assert fits(page)
    page.get_by_role("button", name="Get the price").click()
    for label, value in (("Your name", "name"), ("Mobile number", "phone"), ("Email for the receipt", "email")):
        page.get_by_label(label).fill(CONTACT[value])
    assert fits(page)

    bpp.script("init", {"order": world.order("RESERVATION", held=held(), payment=world.PREPAID)})
    page.get_by_role("button", name="Reserve this charger").click()
    page.wait_for_function(COUNTS_DOWN)
    assert fits(page)

    bpp.script("confirm", {"order": world.order("PENDING", order_id=world.ORDER_ID)})
    page.get_by_role("button", name="Pay ₹154.00 and start").click()
    page.get_by_role("heading", name="Starting").wait_for()
    transaction_id = bpp.asked("select").body["context"]["transaction_id"]
    told = {"energy-delivered": "3.20kWh", "power": "7.2kW", "start-time": datetime.now(UTC).isoformat()}

    def tell(order):
        assert bpp.push(bpp.context("on_status", transaction_id), {"order": order}).status_code == 200

    tell(world.order("ACTIVE", order_id=world.ORDER_ID, told=told))
    page.get_by_role("button", name="Stop charging").wait_for()
    page.evaluate("window.sameDocument = true")
    tell(world.order("ACTIVE", order_id=world.ORDER_ID, told=told | {"energy-delivered": "4.10kWh"}))
    page.locator("[data-live=energy]", has_text="4.1").wait_for()
    assert page.evaluate("window.sameDocument") and fits(page)

    tell(world.bill())
    page.get_by_role("link", name="See the receipt").click()
    page.locator(".sum", has_text="₹91.00").wait_for()
    assert fits(page)


def test_a_click_on_the_map_searches_there(page, bpp):
    page.locator("#map").click(position={"x": 60, "y": 60})
    assert float(page.get_by_label("Latitude").input_value()) > 28.6304
    page.get_by_role("button", name="Find chargers").click()
    gps = bpp.asked("search").body["message"]["intent"]["fulfillment"]["stops"][0]["location"]["gps"]
    assert gps != "28.630400,77.217700"


def test_the_booking_can_be_made_with_the_keyboard(page, bpp):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.get_by_label("Place").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Find chargers").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Connaught Place Plaza").focus()
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="8 kWh").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio", name="12 kWh").is_checked()
    bpp.script("select", {"order": world.order()})
    page.get_by_role("button", name="Get the price").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your price").wait_for()
    measure = bpp.asked("select").body["message"]["order"]["items"][0]["quantity"]["selected"]["measure"]
    assert measure["value"] == "12"
