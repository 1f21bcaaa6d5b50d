"""From the search to the receipt, by forms alone: scripts are off in this browser."""

from tests.beckn.bap import world


def test_results_are_listed_nearest_first(driver):
    page = driver.search()
    assert "3 stations" in page
    names = [page.words.index(name) for name in ("Connaught Place Plaza", "Barakhamba Hub", "Saket Court")]
    assert names == sorted(names)
    assert "from ₹18.00 /kWh" in page and "1 of 2 free" in page and "100 m" in page


def test_the_way_from_search_to_receipt(driver, bpp):
    quote = driver.choose()
    assert quote.path.endswith("/quote") and "₹154.00" in quote and "8 kWh × ₹18.00" in quote
    terms = driver.book()
    assert "Pay ₹154.00 and start" in terms and "Free until charging starts, then 30 % of the total." in terms
    order = driver.confirm()
    assert "Starting" in order and world.ORDER_ID in order
    live = driver.charge()
    assert "Charging" in live and "3.2 kWh" in live and "7.2 kW" in live and "65 %" in live
    done = driver.finish()
    receipt = driver.browser.get(done.link(r"/orders/[^\"]+/receipt"))
    assert "₹91.00" in receipt and "4.5 kWh × ₹18.00" in receipt and "Energy 4.5 kWh" in receipt
    assert "5 Jan 2026, 15:33" in receipt and "5 Jan 2026, 16:11" in receipt


PAGE = "https://pay.example/orders/1"
THEIRS = {"id": "p", "collected_by": "BPP", "type": "PRE-ORDER", "status": "NOT-PAID", "url": PAGE}


def test_where_the_provider_collects_the_driver_pays_on_its_page_first(driver, bpp):
    driver.choose()
    bpp.script("init", {"order": world.order("RESERVATION", payment=THEIRS)})
    terms = driver.book()
    assert f'href="{PAGE}"' in terms.html and "Pay ₹154.00" in terms
    assert "Confirm and start" not in terms and "Sandbox payment" not in terms

    paid = {name: value for name, value in THEIRS.items() if name != "url"} | {"status": "PAID"}
    driver.tell("on_status", world.order("RESERVATION", payment=paid))
    terms = driver.browser.get(terms.path)

    assert "Confirm and start" in terms and "Paid. Thank you." in terms and PAGE not in terms.html
    driver.confirm()
    assert bpp.asked("confirm").body["message"]["order"]["payments"] == [paid]


def test_a_bill_that_is_open_at_the_provider_can_be_paid_there(driver, bpp):
    late = THEIRS | {"type": "POST-FULFILLMENT"}
    driver.choose()
    bpp.script("init", {"order": world.order("RESERVATION", payment=late)})
    assert PAGE not in driver.book().html
    driver.confirm()

    driver.tell("on_status", world.bill() | {"payments": [late]})

    page = driver.browser.get(driver.order_path)
    assert f'href="{PAGE}"' in page.html and "Pay ₹91.00" in page


def test_a_page_that_is_no_web_address_is_not_linked(driver, bpp):
    driver.choose()
    bpp.script("init", {"order": world.order("RESERVATION", payment=THEIRS | {"url": "javascript:alert(1)"})})

    assert "javascript" not in driver.book().html
