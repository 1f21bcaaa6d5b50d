"""From the search to the receipt, by forms alone: scripts are off in this browser."""

from tests.beckn.bap import world


def test_results_are_listed_nearest_first(driver):
    page = driver.search()
    assert "3 stations, nearest first" in page
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


def test_where_the_provider_collects_the_driver_pays_on_its_page_first(driver, bpp):
    page = "https://pay.example/orders/1"
    theirs = world.PREPAID | {"url": page}
    bpp.script("on_init", world.order("RESERVATION", payment=theirs))
