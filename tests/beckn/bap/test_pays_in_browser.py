"""A driver pays at the sandbox gateway, in a browser: the payment fails, then it is made, and the app goes on by itself."""

import json
import threading

import pytest
from django.conf import settings

from sessions.payments import signing
from sessions.payments.sandbox.server import Sandbox
from sessions.payments.sandbox.till import Till
from tests.beckn.bap import world
from tests.beckn.bap.journey import held
from tests.beckn.bap.test_app_in_browser import follow
from tests.chromium import fits
from tests.flows.till import HeldBack

pytestmark = pytest.mark.browser


@pytest.fixture
def gateway():
    made = Sandbox("127.0.0.1", 0, settings.PAYMENT_SANDBOX_KEY, Till(None), HeldBack(), 20)
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def test_a_payment_that_failed_is_made_and_the_app_goes_on(page, driver, gateway):
    mac = signing.link_mac(settings.PAYMENT_SANDBOX_KEY, "p-1", "154.00", "INR", "Charging")
    link = f"http://127.0.0.1:{gateway.server_address[1]}/pay/p-1?amount=154.00&currency=INR&for=Charging&signature={mac}"
    asked = world.PREPAID | {"url": link}
    driver.book(payment=asked)
    follow(page, driver)
    page.goto(f"{driver.browser.url}{driver.order_path}/terms")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Pay ₹154.00").click()
    till = opened.value

    till.get_by_role("button", name="Fail the payment").click()
    till.get_by_role("heading", name="The payment failed").wait_for()
    assert fits(till)
    till.get_by_role("button", name="Pay 154.00 INR").click()
    till.get_by_role("heading", name="Paid").wait_for()
    assert till.get_by_role("button").count() == 0

    told = [json.loads(body)["status"] for body, _ in gateway.notifier.waiting]
    assert told == ["FAILED", "PAID"]
    paid = world.PREPAID | {"status": "PAID"}
    driver.tell("on_status", world.order("RESERVATION", held=held(), payment=paid))
    page.get_by_text("Paid. Thank you.").wait_for()
