"""What scripts add: clusters, a streamed session, fresh statuses; and that all works where they are slow or off."""

import pytest

from tests.beckn.bap import world
from tests.chromium import fits

pytestmark = pytest.mark.browser
BUSY = {"code": "40002", "message": "EVSE_UNAVAILABLE: the bay is occupied"}


def find(page):
    """Search, and wait for the list as it stays: one that was shown while the answer came is shown anew at once."""
    page.get_by_role("button", name="Find chargers").click()
    page.get_by_role("button", name="As of").wait_for()
    page.get_by_role("link", name="Connaught Place Plaza").wait_for()


def follow(page, driver):
    """Make the browser that of the driver."""
    page.context.add_cookies(
        [{"name": one.name, "value": one.value, "url": driver.browser.url} for one in driver.browser.http.cookies]
    )


def test_stations_close_together_are_one_mark_that_opens(page):
    find(page)
    cluster = page.locator(".cluster", has_text="2")
    cluster.wait_for()
    assert cluster.get_attribute("title") == "1/2 free"
    cluster.click()
    page.locator(".pin", has_text="₹18").wait_for()
    page.locator(".pin", has_text="₹21.50").wait_for()


def test_a_card_lights_its_mark_even_inside_a_cluster(page):
    find(page)
    page.locator(".cluster").wait_for()
    page.get_by_role("link", name="Connaught Place Plaza").focus()
    page.locator(".cluster.lit").wait_for()


def test_wishes_are_chosen_and_told(page, bpp):
    page.get_by_label("Power").select_option("100")
    page.get_by_label("Price per kWh").select_option("20")
    page.get_by_role("button", name="Find chargers").click()
    page.get_by_role("link", name="Saket Court").wait_for()
    assert page.locator(".station").count() == 1
    told = page.locator("h1 + p").inner_text()
    assert "100 kW or more" in told and "₹20.00 or less" in told


def test_the_car_is_told_once_and_presets_the_rest(page):
    page.get_by_role("link", name="My car").first.click()
    page.get_by_label("Connector").select_option("CHAdeMO")
    page.get_by_label("Battery, kWh").fill("40")
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("button", name="Find chargers").wait_for()
    assert page.get_by_label("Connector").input_value() == "CHAdeMO"
    page.get_by_role("button", name="Find chargers").click()
    page.get_by_role("link", name="Barakhamba Hub").click()
    page.get_by_text("Fits your car").wait_for()
    assert page.get_by_role("radio", name="24 kWh").is_checked()


def test_the_session_is_streamed_and_not_polled(page, driver):
    driver.charge("3.20")
    follow(page, driver)
    asked = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    told = {"energy-delivered": "4.10kWh", "power": "7.2kW", "soc": "71%", "start-time": "2026-01-05T10:03:00Z"}
    with page.expect_request("**/events"):  # it may be under way before the page has loaded
        page.goto(f"{driver.browser.url}{driver.order_path}")
    driver.tell("on_status", world.order("ACTIVE", order_id=world.ORDER_ID, told=told))
    page.locator("[data-live=energy]", has_text="4.1").wait_for()
    page.locator("[data-live=soc]", has_text="71 %").wait_for()
    assert "live" not in asked


def test_without_a_stream_the_session_is_polled(page, driver):
    driver.charge("3.20")
    follow(page, driver)
    page.route("**/events", lambda route: route.fulfill(status=204))
    page.goto(f"{driver.browser.url}{driver.order_path}")
    told = {"energy-delivered": "4.10kWh", "start-time": "2026-01-05T10:03:00Z"}
    driver.tell("on_status", world.order("ACTIVE", order_id=world.ORDER_ID, told=told))
    page.locator("[data-live=energy]", has_text="4.1").wait_for()


def test_what_a_cancellation_costs_is_told_before_it(page, driver, bpp):
    bpp.script("get_cancellation_reasons", {"cancellation_reasons": world.REASONS})
    driver.charge()
    follow(page, driver)
    page.goto(f"{driver.browser.url}{driver.order_path}")
    page.get_by_role("link", name="Cancel order").click()
    page.get_by_text("Cancelling now costs at least ₹46.20.").wait_for()
    made = world.order("INVALID", status="CANCELLED", order_id=world.ORDER_ID, priced=world.quote("46.20", "36.20", "3.2"),
                       cancellation={"cancelled_by": "CONSUMER", "reason": {"id": "5"}})  # fmt: skip
    bpp.script("cancel", {"order": made})
    page.get_by_label("Plan changed").check()
    assert fits(page)
    page.get_by_role("button", name="Cancel the order").click()
    page.get_by_role("heading", name="Cancelled").wait_for()
    page.get_by_role("link", name="See the receipt").click()
    page.locator(".sum", has_text="₹46.20").wait_for()
    assert fits(page)


def test_from_the_stop_to_the_stars_and_to_support(page, driver, bpp):
    driver.charge()
    follow(page, driver)
    page.goto(f"{driver.browser.url}{driver.order_path}")
    bpp.script("update", {"order": world.order("COMPLETED", order_id=world.ORDER_ID)})
    page.get_by_role("button", name="Stop charging").click()
    page.get_by_role("heading", name="Charging ended").wait_for()
    driver.tell("on_status", world.bill())
    page.get_by_role("link", name="See the receipt").click()

    bpp.script("rating", {})
    page.get_by_role("link", name="Rate this charge").click()
    page.locator("label", has_text="4 stars").click()
    assert page.get_by_role("radio", name="4 stars").is_checked() and fits(page)
    page.get_by_role("button", name="Send rating").click()
    page.get_by_text("You gave 4 stars.").wait_for()

    page.get_by_role("main").get_by_role("link", name="My orders").click()
    row = page.locator(".orders li", has_text="Connaught Place Plaza")
    row.get_by_text("₹91.00").wait_for()
    assert row.count() == 1 and fits(page)
    row.get_by_role("link").click()
    bpp.script("support", {"support": {"phone": "+911800108000", "url": "https://bpp.example/help"}})
    page.get_by_role("link", name="Something wrong?").click()
    page.get_by_role("button", name="Ask for help").click()
    link = page.get_by_role("link", name="Write to the provider, read answers")
    assert link.get_attribute("href") == "https://bpp.example/help" and fits(page)


def test_the_status_of_the_stations_is_kept_fresh(page, bap, bpp):
    page.clock.install()
    find(page)
    bap.rows("UPDATE bap_message SET created_at = created_at - interval '1 minute'")
    told = world.catalogue()
    told["providers"][1]["items"][0]["tags"][0]["list"][-1]["value"] = "Out of Order"
    bpp.script("search", {"catalog": told})
    page.wait_for_load_state()  # the link is there before the script that sets the timer has run
    page.clock.fast_forward(61_000)
    bpp.told("on_search", 2)
    page.clock.fast_forward(2_000)
    page.get_by_text("Out of order").wait_for()


def test_a_taken_charger_leads_to_one_that_is_free(page, bpp):
    find(page)
    page.get_by_role("link", name="Connaught Place Plaza").click()
    bpp.script("select", {"order": world.order()}, error=BUSY)
    page.get_by_role("button", name="Get the price").click()
    page.get_by_role("link", name="Saket Court").click()
    page.get_by_role("heading", name="Saket Court").wait_for()


def test_a_station_tells_the_whole_price_in_words(page):
    find(page)
    page.get_by_role("link", name="Connaught Place Plaza").click()
    page.get_by_text("₹18.00/kWh, parking ₹2.00/min after 30 min").wait_for()
    assert page.locator(".price-words").count() == 1
    page.get_by_role("button", name="हिन्दी").click()
    page.get_by_text("₹18.00/kWh, पार्किंग ₹2.00/मिनट 30 मिनट के बाद").wait_for()


def test_the_language_is_one_click(page):
    page.get_by_role("button", name="हिन्दी").click()
    page.get_by_role("button", name="चार्जर खोजें").wait_for()
    assert page.evaluate("document.documentElement.lang") == "hi"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Find chargers").wait_for()


def test_tiles_that_never_come_hold_nothing_up(page):
    held = []
    page.route("http://127.0.0.1:9/**", lambda route: held.append(route))
    find(page)
    page.locator(".cluster").wait_for()
    page.get_by_role("link", name="Connaught Place Plaza").click()
    page.get_by_role("button", name="Get the price").wait_for()
    assert held
    for route in held:
        route.abort()


def test_scripts_that_never_come_hold_nothing_up(chromium, bap, bpp):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    held = []
    page.route("**/*.js", lambda route: held.append(route))
    with page.expect_request("**/*.js"):  # the button may be there before a script is asked for
        page.goto(bap.url, wait_until="commit")
    page.get_by_role("button", name="Find chargers").wait_for()
    for route in held:
        route.abort()
    context.close()


def test_the_way_without_scripts(chromium, bap, bpp):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(bap.url)
    assert page.locator("#map").is_hidden() and page.get_by_text("Use my location").is_hidden()
    find(page)
    page.get_by_role("link", name="Cheapest").click()
    page.get_by_role("link", name="Connaught Place Plaza").click()
    bpp.script("select", {"order": world.order()})
    page.get_by_role("button", name="Get the price").click()
    page.get_by_label("Your name").wait_for()
    context.close()
