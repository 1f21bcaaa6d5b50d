"""What goes wrong, told in plain words with a way on; and nothing is asked for twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.beckn.bap import world
from tests.beckn.bap.journey import CONTACT, held

BUSY = {"code": "40002", "message": "EVSE_UNAVAILABLE: the bay is occupied"}


def test_a_search_that_waits_says_so_and_can_be_polled(browser, bpp):
    bpp.scripts.clear()
    page = browser.post("/", place="saket", radius_km="5")
    assert "Looking for chargers…" in page and 'http-equiv="refresh"' in page.html
    assert browser.json(page.exchange()) == {"state": "waiting", "answers": 0}
    asked = bpp.asked("search")
    context = asked.body["context"] | {"action": "on_search"}
    bpp.push(context, {"catalog": world.catalogue()})
    assert browser.json(page.exchange()) == {"state": "answered", "answers": 1}
    found = browser.get(page.path)
    assert "3 stations" in found and 'http-equiv="refresh"' not in found.html


def test_a_late_answer_is_told_and_asked_for_again_with_the_same_bytes(bap, browser, bpp):
    bpp.scripts.clear()
    page = browser.post("/", place="saket", radius_km="5")
    bap.age_requests(16)
    late = browser.get(page.path)
    assert "No answer yet" in late and "Try again" in late
    browser.post(late.link(r"/exchanges/[^\"]+/again"))
    assert bpp.asked("search", 2).raw == bpp.asked("search", 1).raw
    assert "Looking for chargers…" in browser.get(page.path)


def test_a_request_that_was_refused_is_asked_anew(bap, browser, bpp):
    bpp.scripts.clear()
    page = browser.post("/", place="saket", radius_km="5")
    bap.age_requests(16)
    link = browser.get(page.path).link(r"/exchanges/[^\"]+/again")
    first = bpp.asked("search").body["context"]
    bpp.push(first | {"action": "on_search"}, {"catalog": {"providers": []}}, error={"code": "40000", "message": "x"})
    browser.post(link)
    second = bpp.asked("search", 2).body["context"]
    assert second["message_id"] != first["message_id"]
    assert second["transaction_id"] == first["transaction_id"]


def test_an_answer_that_comes_after_all_is_shown(bap, browser, bpp):
    bpp.scripts.clear()
    page = browser.post("/", place="saket", radius_km="5")
    bap.age_requests(16)
    assert "No answer yet" in browser.get(page.path)
    bpp.push(bpp.asked("search").body["context"] | {"action": "on_search"}, {"catalog": world.catalogue()})
    assert "3 stations" in browser.get(page.path)


def test_a_refused_request_is_told_in_words(browser, bpp):
    nack = {"message": {"ack": {"status": "NACK"}}, "error": {"code": "30000", "message": "domain not served"}}
    bpp.script("search", nack=(200, nack))
    page = browser.post("/", place="saket", radius_km="5")
    assert "The provider could not do this" in page and "domain not served" in page and "Try again" in page


@pytest.mark.parametrize("status", [400, 401, 500, 302])
def test_any_answer_that_is_no_ack_is_a_refusal(browser, bpp, status):
    bpp.script("search", nack=(status, {}))
    page = browser.post("/", place="saket", radius_km="5")
    assert "The provider could not do this" in page and f"HTTP {status}" in page


def test_a_bpp_that_hangs_up_is_told_and_can_be_asked_again(browser, bpp):
    bpp.script("search", hang_up=True)
    page = browser.post("/", place="saket", radius_km="5")
    assert "The charging network cannot be reached" in page
    bpp.script("search", {"catalog": world.catalogue()})
    browser.post(page.link(r"/exchanges/[^\"]+/again"))
    bpp.told("on_search")
    assert "3 stations" in browser.get(page.path)


def test_nothing_found_says_what_to_do(driver, bpp):
    bpp.script("search", {"catalog": {"providers": []}})
    page = driver.search()
    assert "No chargers here" in page and "Try a larger distance" in page


def test_free_now_hides_the_rest_and_says_so(driver):
    page = driver.search(free_only="on")
    assert "2 stations" in page and "Barakhamba Hub" not in page and "1 more station is busy" in page
    assert "Barakhamba Hub" in driver.browser.get(f"{page.path}?free=0")


def test_a_charger_that_was_taken_leads_to_the_others(driver, bpp):
    bpp.script("select", {"order": world.order()}, error=BUSY)
    page = driver.choose()
    assert "This charger is not available right now" in page and "the bay is occupied" in page
    results = driver.browser.get(page.link(r"/searches/[^\"/]+"))
    assert "3 stations" in results


def test_an_expired_price_leads_to_a_new_one(driver, bpp):
    error = {"code": "40003", "message": "QUOTE_EXPIRED: the price has changed"}
    bpp.script("init", {"order": {"provider": {"id": "x"}}}, error=error)
    page = driver.book()
    assert "The price is no longer valid" in page and "Get a new price" in page
    driver.browser.post(f"{driver.order_path}/energy")
    bpp.told("on_select", 2)
    assert "₹154.00" in driver.browser.get(f"{driver.order_path}/quote")


def test_a_failed_start_can_be_tried_again(driver, bpp):
    bpp.script(
        "confirm", {"order": {"provider": {"id": "x"}}}, error={"code": "40000", "message": "START_REJECTED: cable"}
    )
    page = driver.confirm()
    assert "Charging could not be started" in page and "Check that the cable is plugged in" in page
    bpp.script("confirm", {"order": world.order("PENDING", order_id=world.ORDER_ID)})
    driver.browser.post(page.link(r"/exchanges/[^\"]+/again"))
    bpp.told("on_confirm", 2)
    assert world.ORDER_ID in driver.browser.get(driver.order_path)


def test_two_clicks_on_confirm_are_one_request(driver, bpp):
    driver.book()
    bpp.scripts.pop("confirm", None)
    with ThreadPoolExecutor(4) as clicks:
        pages = list(clicks.map(lambda _: driver.browser.post(f"{driver.order_path}/terms"), range(4)))
    assert bpp.count("confirm") == 1
    assert all("Starting your session…" in page for page in pages)


def test_a_callback_faster_than_its_ack_is_not_lost(driver, bpp):
    bpp.script("select", {"order": world.order()}, callback_first=True)
    assert "₹154.00" in driver.choose()


def test_an_order_the_provider_gives_up_is_told(driver, bpp):
    driver.confirm()
    reason = {"id": "100", "descriptor": {"name": "Charger hardware failure"}}
    made = world.order("INVALID", status="CANCELLED", order_id=world.ORDER_ID, priced=world.quote("0.00", "0.00", "0"),
                       cancellation={"cancelled_by": "PROVIDER", "reason": reason})
    driver.tell("on_cancel", made)
    page = driver.browser.get(driver.order_path)
    assert "The provider ended this order" in page and "Charger hardware failure" in page
    assert "Stop charging" not in page and "See the receipt" in page


def test_a_late_reservation_keeps_the_booking_open(driver, bpp):
    """on_init left with state PENDING; the reservation is told later, unasked."""
    driver.choose()
    bpp.script("init", {"order": world.order("PENDING", held=held(), payment=world.PREPAID)})
    page = driver.book()
    assert "has not confirmed the reservation yet" in page and "Held for you" not in page
    driver.tell("on_status", world.order("RESERVATION", payment=world.PREPAID))
    page = driver.browser.get(f"{driver.order_path}/terms")
    assert "Pay ₹154.00 and start" in page and "has not confirmed" not in page


def test_forms_that_are_wrong_say_where(driver, bpp):
    driver.choose()
    page = driver.browser.post(f"{driver.order_path}/quote", **(CONTACT | {"phone": "123"}))
    assert page.status == 400 and "Enter 10 digits" in page
    assert bpp.count("init") == 0
    page = driver.browser.post("/", place="", radius_km="5", latitude="12")
    assert page.status == 400 and "Give both latitude and longitude" in page
    assert bpp.count("search") == 1
