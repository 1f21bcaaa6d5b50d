"""Callbacks: who may send them, what form they must have, and that hearing them twice or late does no harm."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from nacl.signing import SigningKey

from beckn import signing
from tests.beckn.bap import world
from tests.beckn.bap.process import SUCCESSOR
from tests.beckn.bap.stub_bpp import now_text

TXN = "8b0b8bd2-0000-4000-8000-000000000001"


def kept(bap) -> int:
    return bap.rows("SELECT count(*) FROM bap_message WHERE direction = 'RECEIVED'")[0][0]


def status_of(order: dict, bpp, **context) -> tuple[dict, dict]:
    return bpp.context("on_status", context.pop("transaction_id", TXN), **context), {"order": order}


def signed_at(bpp, raw: bytes, seconds: int) -> str:
    now = int(datetime.now(UTC).timestamp()) + seconds
    return signing.sign(raw, subscriber_id=bpp.bpp_id, unique_key_id=bpp.key_id, private_key=bpp.key, now=now)


@pytest.mark.parametrize(("how", "reason"), [
    ({"header": ""}, "missing_authorization"),
    ({"header": "Basic dXNlcjpwYXNz"}, "malformed_header"),
    ({"key": SigningKey.generate()}, "signature_mismatch"),
    ({"subscriber_id": "someone.else.example"}, "unknown_subscriber"),
    ({"unique_key_id": "another-key"}, "unknown_key"),
])
def test_only_our_bpp_is_heard(bap, bpp, how, reason):
    context, message = status_of(world.order(order_id="o"), bpp)
    answer = bpp.push(context, message, **how)
    assert answer.status_code == 401
    assert answer.json() == {"message": {"ack": {"status": "NACK"}}, "error": {"code": "30000", "message": reason}}
    assert answer.headers["WWW-Authenticate"].startswith(f'Signature realm="{bpp.bap_id}"')
    assert kept(bap) == 0


def test_two_keys_of_our_bpp_are_heard_while_it_rotates(bap, bpp):
    context, message = status_of(world.order(order_id="o"), bpp)
    of_successor = {"key": SigningKey(SUCCESSOR), "unique_key_id": "bpp-key-2"}

    assert bpp.push(context, message, **of_successor).status_code == 200
    assert bpp.push(context, message).status_code == 200
    for mixed in ({"unique_key_id": "bpp-key-2"}, {"key": SigningKey(SUCCESSOR)}):
        assert bpp.push(context, message, **mixed).json()["error"]["message"] == "signature_mismatch"


@pytest.mark.parametrize(("seconds", "reason"), [(-3600, "expired"), (3600, "created_in_future")])
def test_a_signature_of_another_time_is_refused(bap, bpp, seconds, reason):
    context, message = status_of(world.order(order_id="o"), bpp)
    raw = json.dumps({"context": context, "message": message}).encode()
    answer = bpp.post("on_status", raw, header=signed_at(bpp, raw, seconds))
    assert (answer.status_code, answer.json()["error"]["message"]) == (401, reason)
    assert kept(bap) == 0


def test_one_changed_byte_breaks_the_signature(bap, bpp):
    context, message = status_of(world.order(order_id="o"), bpp)
    raw = json.dumps({"context": context, "message": message}).encode()
    answer = bpp.post("on_status", raw.replace(b"154.00", b"054.00"), header=signed_at(bpp, raw, 0))
    assert (answer.status_code, answer.json()["error"]["message"]) == (401, "signature_mismatch")
    assert kept(bap) == 0


@pytest.mark.parametrize(("change", "status", "path"), [
    ({"bpp_id": "someone.else.example"}, 401, "context.bpp_id"),
    ({"bap_id": "someone.else.example"}, 400, "context.bap_id"),
    ({"action": "on_search"}, 400, "context.action"),
    ({"transaction_id": ""}, 400, "context.transaction_id"),
    ({"message_id": "x" * 256}, 400, "context.message_id"),
    ({"message_id": None}, 400, "context.message_id"),
])
def test_the_context_must_be_about_us(bap, bpp, change, status, path):
    context, message = status_of(world.order(order_id="o"), bpp)
    raw = json.dumps({"context": context | change, "message": message}).encode()
    answer = bpp.post("on_status", raw)
    assert (answer.status_code, answer.json()["error"]["paths"]) == (status, path)
    assert kept(bap) == 0


@pytest.mark.parametrize(("message", "path"), [
    (None, "message.order"),
    ({}, "message.order"),
    ({"order": {"items": "x"}}, "message.order.items"),
    ({"order": {"quote": {"breakup": [{}, {"price": 5}]}}}, "message.order.quote.breakup[1].price"),
])
def test_a_body_of_the_wrong_form_names_the_place(bap, bpp, message, path):
    answer = bpp.push(bpp.context("on_status", TXN), message)
    assert (answer.status_code, answer.json()["error"]["paths"]) == (400, path)
    assert kept(bap) == 0


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"message": {}}', b'{"context": 5}', b"\xff\xfe", b"[" * 20_000])
def test_what_is_no_message_is_refused(bap, bpp, raw):
    answer = bpp.post("on_status", raw)
    assert answer.status_code == 400 and answer.json()["message"]["ack"]["status"] == "NACK"
    assert kept(bap) == 0


def test_a_body_that_is_too_large_is_refused(bap, bpp):
    answer = bpp.post("on_status", b'{"x": "' + b"a" * 1_000_001 + b'"}')
    assert answer.status_code == 413 and "1000000 bytes" in answer.json()["error"]["message"]
    assert kept(bap) == 0


def test_an_unknown_transaction_is_kept(bap, bpp):
    answer = bpp.push(*status_of(world.order(order_id="o"), bpp))
    assert answer.json() == {"message": {"ack": {"status": "ACK"}}}
    assert bap.rows("SELECT transaction_id, driver_id, order_id FROM bap_message") == [(TXN, None, None)]


def test_hearing_it_twice_keeps_it_once(bap, bpp):
    context, message = status_of(world.order(order_id="o"), bpp)
    raw = json.dumps({"context": context, "message": message}).encode()
    for _ in range(2):
        assert bpp.post("on_status", raw).status_code == 200
    assert kept(bap) == 1


@pytest.mark.parametrize("action", ["cancellation_reasons", "rating_categories", "on_track"])
def test_every_callback_has_its_address(bap, bpp, action):
    assert bpp.push(bpp.context(action, TXN), {}).status_code == 200
    assert kept(bap) == 1


def test_older_news_changes_nothing(driver, bpp):
    driver.charge("5.00")
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    old = world.order("ACTIVE", order_id=world.ORDER_ID, told={"energy-delivered": "1.00kWh"})
    driver.tell("on_status", old, timestamp=past)
    assert "5 kWh" in driver.browser.get(driver.order_path)


def test_an_error_leaves_the_order_as_it_is(driver, bpp):
    driver.charge("5.00")
    bpp.script("status", {"order": {"id": world.ORDER_ID}}, error={"code": "40000", "message": "INTERNAL"})
    driver.browser.post(f"{driver.order_path}/refresh")
    page = driver.browser.get(driver.order_path)
    assert "Charging" in page and "5 kWh" in page


def test_a_quote_after_confirming_does_not_reopen_the_order(driver, bpp):
    driver.charge()
    driver.tell("on_select", world.order(), timestamp=now_text())
    page = driver.browser.get(driver.order_path)
    assert page.path == driver.order_path and "Charging" in page


def test_a_bill_can_be_corrected(driver, bpp):
    driver.finish()
    corrected = world.bill()
    corrected["quote"] = world.quote("0.00", "0.00", "0", "quote-3")
    driver.tell("on_status", corrected)
    assert "₹0.00" in driver.browser.get(f"{driver.order_path}/receipt")
