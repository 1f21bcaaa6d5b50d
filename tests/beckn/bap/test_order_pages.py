"""The pages of a confirmed order, and who may see them."""

import pytest

from tests.beckn.bap import world
from tests.beckn.bap.journey import CONTACT
from tests.beckn.bap.process import Browser

PHONE = "+919876543210"


def test_the_transaction_runs_from_search_to_confirm(driver, bpp):
    driver.confirm()
    sent = [bpp.asked(action).body for action in ("search", "select", "init", "confirm")]
    assert len({body["context"]["transaction_id"] for body in sent}) == 1
    assert len({body["context"]["message_id"] for body in sent}) == 4
    confirmed = sent[-1]["message"]["order"]
    [payment] = confirmed["payments"]
    assert payment["status"] == "PAID" and payment["params"]["transaction_id"].startswith("sandbox-")
    assert confirmed["quote"]["price"] == {"currency": "INR", "value": "154.00"}
    assert confirmed["billing"] == {"name": "Test Driver", "phone": PHONE, "email": "driver@example.com"}
    assert bpp.asked("confirm").signer == "bap.tests.example|bap-key-1"


def test_another_connector_opens_a_transaction_of_its_own(driver, bpp):
    results = driver.search()
    driver.choose(results)
    driver.choose(results)
    driver.choose(results, item="item-broken")
    first, second, third = (bpp.asked("select", n).body["context"]["transaction_id"] for n in (1, 2, 3))
    assert first == second == bpp.asked("search").body["context"]["transaction_id"]
    assert third != first


def test_a_second_booking_from_one_search_is_a_new_order(driver, bpp):
    results = driver.search()
    driver.choose(results)
    driver.confirm()
    driver.choose(results)
    first, second = (bpp.asked("select", n).body["context"]["transaction_id"] for n in (1, 2))
    assert first != second


def test_live_numbers_are_texts_ready_to_show(driver, bpp):
    driver.charge("3.20")
    told = driver.browser.json(f"{driver.order_path}/live")
    page, updated_at, ask = told.pop("page"), told.pop("updated_at"), told.pop("ask")
    assert told == {
        "moving": True, "state": "Charging", "energy": "3.2", "cost": "₹57.60", "cost_label": "Energy cost",
        "power": "7.2\u00a0kW", "soc": "65\u00a0%", "percent": 40,
    }
    assert page == "CONFIRMED:ACTIVE:ACTIVE:answered" and updated_at and ask is False


def test_the_provider_s_running_total_wins(driver, bpp):
    driver.charge()
    running = world.order("ACTIVE", order_id=world.ORDER_ID, priced=world.quote("67.60", "57.60", "3.2", "quote-7"))
    driver.tell("on_status", running)
    told = driver.browser.json(f"{driver.order_path}/live")
    assert (told["cost"], told["cost_label"]) == ("₹67.60", "Cost so far")


def test_stop_asks_the_charger_to_stop(driver, bpp):
    driver.charge()
    bpp.script("update", {"order": world.order("COMPLETED", order_id=world.ORDER_ID)})
    driver.browser.post(f"{driver.order_path}/stop")
    bpp.told("on_update")
    asked = bpp.asked("update").body["message"]
    assert asked["order"]["id"] == world.ORDER_ID
    assert asked["order"]["fulfillments"][0]["state"]["descriptor"]["code"] == "stop-charging"
    page = driver.browser.get(driver.order_path)
    assert "Charging ended" in page and "bill usually comes within a few minutes" in page
    assert "Cancel order" not in page


def test_an_order_that_waits_for_the_driver_can_be_started(driver, bpp):
    """The provider's policy may be: confirm books, an update starts."""
    page = driver.confirm(state="RESERVATION")
    assert "Charger reserved" in page and "Start charging" in page
    driver.browser.post(page.link(r"/orders/[^\"]+/start"))
    state = bpp.asked("update").body["message"]["order"]["fulfillments"][0]["state"]
    assert state == {"descriptor": {"code": "start-charging"}}
    assert "Talking to the charger…" in driver.browser.get(driver.order_path)


def test_refresh_asks_for_the_status_but_not_at_once_again(driver, bpp):
    driver.confirm()
    bpp.scripts.pop("status", None)
    for _ in range(3):
        driver.browser.post(f"{driver.order_path}/refresh")
    assert bpp.count("status") <= 1


def test_cancelling_with_one_of_the_provider_s_reasons(driver, bpp):
    driver.confirm()
    bpp.script("get_cancellation_reasons", {"cancellation_reasons": world.REASONS})
    path = f"{driver.order_path}/cancel"
    driver.browser.get(path)
    bpp.told("cancellation_reasons")
    page = driver.browser.get(path)
    assert "Free until charging starts" in page and "The charger is blocked" in page and "Plan changed" in page
    made = world.order("INVALID", status="CANCELLED", order_id=world.ORDER_ID, priced=world.quote("0.00", "0.00", "0"),
                       cancellation={"cancelled_by": "CONSUMER", "reason": {"id": "5"}})
    bpp.script("cancel", {"order": made})
    driver.browser.post(path, reason="5")
    bpp.told("on_cancel")
    assert bpp.asked("cancel").body["message"] == {
        "order_id": world.ORDER_ID, "cancellation_reason_id": "5", "descriptor": {"short_desc": "Plan changed"},
    }
    page = driver.browser.get(driver.order_path)
    assert "Cancelled" in page and "Total ₹0.00" in page and "Cancel order" not in page
    receipt = driver.browser.get(f"{driver.order_path}/receipt")
    assert "Cancelled" in receipt and "₹0.00" in receipt
    driver.browser.get(path)
    assert bpp.count("get_cancellation_reasons") == 1


def test_reasons_that_come_before_the_ack_are_shown_at_once(driver, bpp):
    driver.confirm()
    bpp.script("get_cancellation_reasons", {"cancellation_reasons": world.REASONS}, callback_first=True)

    page = driver.browser.get(f"{driver.order_path}/cancel")

    assert "Plan changed" in page and "names no reasons" not in page


def test_a_refused_cancellation_is_told(driver, bpp):
    driver.charge()
    bpp.script("get_cancellation_reasons", {"cancellation_reasons": world.REASONS})
    driver.browser.get(f"{driver.order_path}/cancel")
    bpp.told("cancellation_reasons")
    assert "stop charging instead" in driver.browser.get(f"{driver.order_path}/cancel")
    error = {"code": "50001", "message": "The session has already ended"}
    bpp.script("cancel", {"order": {"id": world.ORDER_ID}}, error=error)
    driver.browser.post(f"{driver.order_path}/cancel", reason="1")
    bpp.told("on_cancel")
    page = driver.browser.get(driver.order_path)
    assert "It is too late to cancel" in page and "Charging" in page


def test_rating_from_the_receipt(driver, bpp):
    driver.finish()
    bpp.script("rating", {"feedback_form": {"form": {"url": "https://bpp.example/feedback"}}})
    page = driver.browser.post(f"{driver.order_path}/rate", value="4")
    bpp.told("on_rating")
    assert bpp.asked("rating").body["message"] == {
        "ratings": [{"rating_category": "Fulfillment", "id": world.FULFILLMENT, "value": "4"}],
    }
    page = driver.browser.get(page.path)
    assert "You gave 4 stars." in page and 'href="https://bpp.example/feedback"' in page.html


def test_only_web_addresses_become_links(driver, bpp):
    driver.finish()
    bpp.script("rating", {"feedback_form": {"form": {"url": "javascript:alert(1)"}}})
    page = driver.browser.post(f"{driver.order_path}/rate", value="1")
    bpp.told("on_rating")
    bpp.script("support", {"support": {"phone": "+911800108000", "url": "javascript:alert(1)"}})
    driver.browser.post(f"{driver.order_path}/support")
    bpp.told("on_support")
    pages = driver.browser.get(page.path).html + driver.browser.get(f"{driver.order_path}/support").html
    assert "javascript:" not in pages and "+911800108000" in pages


def test_support_shows_how_to_reach_the_provider(driver, bpp):
    driver.confirm()
    told = {"phone": "+911800108000", "email": "help@bpp.example", "url": "https://bpp.example/help"}
    bpp.script("support", {"support": told})
    driver.browser.post(f"{driver.order_path}/support")
    bpp.told("on_support")
    assert bpp.asked("support").body["message"]["support"] == {
        "ref_id": world.ORDER_ID, "callback_phone": PHONE, "email": "driver@example.com",
    }
    page = driver.browser.get(f"{driver.order_path}/support")
    assert all(words in page for words in ("+911800108000", "help@bpp.example", "Write to the provider", "Get a new link"))
    assert page.link(r"https://bpp.example/help") == "https://bpp.example/help"


def test_history_lists_the_orders_of_this_browser_only(bap, driver):
    driver.finish()
    assert "Connaught Place Plaza" in driver.browser.get("/orders")
    assert "You have an order under way" not in driver.browser.get("/")
    other = Browser(bap.url)
    assert "No orders yet" in other.get("/orders") and "No messages yet" in other.get("/messages")


@pytest.mark.parametrize("page", ["", "/quote", "/terms", "/live", "/cancel", "/receipt", "/rate", "/support"])
def test_another_browser_sees_nothing_of_an_order(bap, driver, bpp, page):
    driver.finish()
    other = Browser(bap.url)
    other.post("/", place="saket", radius_km="5")
    assert other.get(f"{driver.order_path}{page}").status == 404
    assert other.post(f"{driver.order_path}/stop").status == 404
    assert bpp.count("update") == 0


def test_another_browser_sees_nothing_of_a_search(bap, driver, bpp):
    results = driver.search()
    bpp.scripts.clear()
    waiting = driver.browser.post("/", place="saket", radius_km="5").exchange()
    other = Browser(bap.url)
    other.post("/", place="saket", radius_km="5")
    for path in (results.path, results.link(r"/searches/[^\"]+/stations/[^\"]+"), waiting):
        assert other.get(path).status == 404, path
    asked = bpp.count("search")
    assert other.post(f"{waiting}/again").status == 404
    assert bpp.count("search") == asked


def test_an_order_under_way_is_offered_on_the_first_page(driver):
    driver.charge()
    assert "You have an order under way" in driver.browser.get("/")


def test_the_contact_is_known_at_the_next_booking(driver, bpp):
    results = driver.search()
    driver.choose(results)
    driver.confirm()
    page = driver.choose(results)
    assert f'value="{PHONE}"' in page.html and 'value="driver@example.com"' in page.html


def test_a_driver_s_data_is_ciphertext_in_the_database(bap, driver):
    driver.confirm()
    for query in ("SELECT row_to_json(m)::text FROM bap_message m", "SELECT row_to_json(o)::text FROM bap_order o",
                  "SELECT row_to_json(d)::text FROM bap_driver d"):
        rows = " ".join(row[0] for row in bap.rows(query))
        assert rows
        assert not any(secret in rows for secret in ("9876543210", CONTACT["email"], CONTACT["name"]))


def test_messages_shows_the_pairs_as_they_were(driver, bpp):
    driver.charge()
    page = driver.browser.get("/messages")
    assert page.html.count('class="exchange card"') == 5  # search, select, init, confirm; one unsolicited
    assert "unsolicited" in page and "ACK 200" in page and "Authorization: Signature keyId=" in page
    assert '"transaction_id": ' in page
    one = driver.browser.get(page.link(r"\?transaction=[^\"]+").replace("?", "/messages?"))
    assert "All transactions" in one


def test_a_form_without_its_token_is_refused_in_words(driver, bpp):
    driver.confirm()
    answer = driver.browser.http.post(f"{driver.browser.url}{driver.order_path}/stop", timeout=10)
    assert answer.status_code == 403 and "This form is too old" in answer.text
    assert bpp.count("update") == 0


def settled_bill(url):
    """The final bill with a receipt at `url`, and 9.00 of the 100.00 paid to be given back."""
    entries = [("number", "INV/26-27/000007"), ("url", url)]
    tag = {
        "descriptor": {"code": "receipt"},
        "list": [{"descriptor": {"code": code}, "value": value} for code, value in entries],
    }
    refund = {
        "id": "payment-1-refund", "type": "POST-FULFILLMENT", "status": "NOT-PAID",
        "params": {"amount": "-9.00", "currency": "INR"}, "tags": [{"descriptor": {"code": "refund"}, "list": []}],
    }
    made = world.bill()
    return made | {"tags": [tag], "payments": [*made["payments"], refund]}


def test_the_receipt_leads_to_the_provider_s_pdf_and_tells_the_refund(driver, bpp):
    driver.charge()
    driver.tell("on_status", settled_bill("https://bpp.example/receipts/abc"))
    page = driver.browser.get(f"{driver.order_path}/receipt")
    assert 'href="https://bpp.example/receipts/abc"' in page.html
    assert "INV/26-27/000007" in page and "Refund" in page and "₹9.00" in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "data:text/html,x"])
def test_a_receipt_elsewhere_is_no_link(driver, bpp, url):
    driver.charge()
    driver.tell("on_status", settled_bill(url))
    page = driver.browser.get(f"{driver.order_path}/receipt")
    assert "Receipt as PDF" not in page
