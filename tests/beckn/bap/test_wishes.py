"""What a driver wishes of a charger, the car that presets it, and what stands in when a charger falls out."""

import re

from tests.beckn.bap import world

BUSY = {"code": "40002", "message": "EVSE_UNAVAILABLE: the bay is occupied"}


def tags(bpp):
    stop = bpp.asked("search").body["message"]["intent"]["fulfillment"]
    return {entry["descriptor"]["code"]: entry["value"] for entry in stop["tags"][0]["list"]}


def test_the_wish_goes_to_the_network(driver, bpp):
    driver.search(connector="CCS2", min_power_kw="50", green_only="on")
    assert tags(bpp) == {"connector-type": "CCS2", "min-power": "50kW"}
    intent = bpp.asked("search").body["message"]["intent"]
    assert intent["category"] == {"descriptor": {"code": "green-tariff"}}


def test_a_search_without_a_wish_asks_for_everything(driver, bpp):
    driver.search()
    intent = bpp.asked("search").body["message"]["intent"]
    assert "category" not in intent and "tags" not in intent["fulfillment"]


def test_what_does_not_fit_is_left_out_whatever_the_provider_sends(driver):
    page = driver.search(min_power_kw="100")
    assert "1 station" in page and "Saket Court" in page and "Barakhamba Hub" not in page
    assert "100 kW or more" in page


def test_the_price_limit_counts_for_connectors_not_for_stations(driver):
    page = driver.search(max_price="15")
    assert "Connaught Place Plaza" in page and "₹12.00" in page and "₹18.00" not in page
    assert "Saket Court" not in page and "₹15.00 or less" in page


def test_wishes_that_nothing_fits_say_so(driver):
    page = driver.search(green_only="on")
    assert "Nothing here fits all your wishes" in page and "3 stations are here" in page


def test_the_list_can_be_ordered(driver):
    page = driver.search()
    by_price = driver.browser.get(f"{page.path}?sort=price").words
    assert by_price.index("Saket Court") < by_price.index("Connaught Place Plaza") < by_price.index("Barakhamba Hub")
    by_power = driver.browser.get(f"{page.path}?sort=power").words
    assert by_power.index("Saket Court") < by_power.index("Barakhamba Hub") < by_power.index("Connaught Place Plaza")
    assert driver.browser.get(f"{page.path}?sort=nonsense").status == 200


def test_the_car_presets_searches_and_amounts(driver, bpp):
    page = driver.browser.post("/vehicle", connector="CCS2", battery_kwh="40")
    assert page.path == "/" and '<option value="CCS2" selected>' in page.html
    results = driver.search(connector="CCS2")
    station = driver.browser.get(results.link(r"/searches/[^\"]+/stations/[^\"]+"))
    assert "Fits your car" in station and "Your battery holds 40 kWh" in station
    assert 'name="quick" value="24" id="id_quick_2" checked' in station.html
    bpp.script("select", {"order": world.order()})
    driver.browser.post(station.path, item=world.FREE, quick="24")
    assert bpp.asked("select").body["message"]["order"]["items"][0]["quantity"]["selected"]["measure"]["value"] == "24"


def test_a_battery_that_cannot_be_is_refused(bap, browser):
    assert browser.post("/vehicle", battery_kwh="0").status == 400
    assert browser.post("/vehicle", battery_kwh="x", connector="CCS2").status == 400
    assert bap.rows("SELECT count(*) FROM bap_driver WHERE battery_kwh IS NOT NULL OR connector <> ''") == [(0,)]


def test_the_status_can_be_asked_again_and_the_newest_counts(bap, driver, bpp):
    page = driver.search()
    told = world.catalogue()
    told["providers"][0]["items"] = [
        world.connector(world.FREE, "LOC-1", price="18", kind="CCS2", power="30kW", status="In Use", name="Bay A"),
    ]
    bpp.script("search", {"catalog": told})
    driver.browser.post(f"{page.path}/again")
    assert bpp.count("search") == 1  # it was asked a moment ago
    bap.rows("UPDATE bap_message SET created_at = created_at - interval '1 minute'")
    driver.browser.post(f"{page.path}/again")
    bpp.told("on_search", 2)
    newest = driver.browser.get(page.path)
    assert "2 stations" in newest and "Barakhamba Hub" not in newest and "In use" in newest


def test_a_refused_charger_is_followed_by_others_that_fit(driver, bpp):
    told = world.catalogue()
    told["providers"][0]["items"][0]["tags"][0]["list"][2]["value"] = "CCS2"  # the busy one
    bpp.script("search", {"catalog": told})
    bpp.script("select", {"order": world.order()}, error=BUSY)
    page = driver.choose()
    assert "This charger is not available right now" in page
    assert "Free nearby, with the same plug" in page and "Saket Court" in page
    assert "Barakhamba Hub" not in page  # it has the plug, but is busy
    _, other = re.findall(r'href="(/searches/[^"]+/stations/[^"]+)"', page.html)
    assert "Saket Court" in driver.browser.get(other)


def test_the_station_says_when_it_is_open(driver):
    results = driver.search()
    page = driver.browser.get(results.link(r"/searches/[^\"]+/stations/[^\"]+"))
    assert "Open Mon–Fri 09:00–23:00, Sat 10:00–14:00,16:00–20:00" in page
    driver.browser.post("/language", language="hi", next="/")
    assert "खुला: सोम–शुक्र 09:00–23:00, शनि" in driver.browser.get(page.path)


def test_cancelling_tells_what_it_costs_now(driver, bpp):
    bpp.script("get_cancellation_reasons", {"cancellation_reasons": world.REASONS})
    driver.confirm()
    assert "Cancelling now is free." in driver.browser.get(f"{driver.order_path}/cancel")
    driver.charge()
    assert "Cancelling now costs at least ₹46.20." in driver.browser.get(f"{driver.order_path}/cancel")
