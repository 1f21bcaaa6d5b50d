"""Bodies of the requests, against the reference's own transaction."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from beckn.bap import messages
from beckn.bap.messages import Choice, Contact, Network
from beckn.bap.places import Point
from tests.shared import fixture

NETWORK = Network(
    domain="ev-charging:beckn", version="1.1.0", bap_id="example-bap.com",
    bap_uri="https://api.example-bap.com/pilot/bap/energy/v1", bpp_id="example-bpp.com",
    bpp_uri="https://example-bpp.com",
)
CHOICE = Choice("cpo1.com", "pe-charging-01", "fulfillment-001", Decimal("5.00"))
CONTACT = Contact(name="Ravi Kumar", phone="+918765432100", email="ravi.kumar@example.com")


def recommended(name: str) -> dict:
    return fixture(f"beckn/recommended/{name}.json")


def without_address(order: dict) -> dict:
    """The app asks for no postal address."""
    wanted = ("name", "email", "phone")
    return order | {"billing": {name: order["billing"][name] for name in wanted}}


def test_the_context_is_the_reference_s():
    wanted = recommended("05-select")["context"]
    made = messages.body(
        NETWORK, "select", None, transaction_id=wanted["transaction_id"], message_id=wanted["message_id"],
        city_code="std:080", now=datetime(2025, 8, 29, 10, 0, 35, tzinfo=UTC), ttl="PT30S",
    )
    wanted["location"]["city"] = {"code": "std:080"}
    assert made == {"context": wanted}


def test_search_asks_for_a_circle():
    made = messages.search(Point(Decimal("28.7041"), Decimal("77.1025")), radius_km=Decimal("15.0"))
    stops = made["intent"]["fulfillment"]["stops"]
    assert stops[0]["location"]["circle"] == {
        "gps": "28.704100,77.102500", "radius": {"type": "CONSTANT", "value": "15", "unit": "km"},
    }
    wanted = recommended("01-search-multicast")["message"]
    wanted["intent"]["fulfillment"]["stops"] = stops
    assert made == wanted


def test_search_names_the_connector_in_a_tag():
    made = messages.search(Point(Decimal(1), Decimal(2)), radius_km=Decimal("2.5"), connector="CCS2")
    assert made["intent"]["fulfillment"]["tags"] == [{
        "descriptor": {"code": "connector-specifications"},
        "list": [{"descriptor": {"code": "connector-type"}, "value": "CCS2"}],
    }]
    assert made["intent"]["fulfillment"]["stops"][0]["location"]["circle"]["radius"]["value"] == "2.5"


def test_select_init_and_confirm_are_the_reference_s():
    assert messages.select(CHOICE) == recommended("05-select")["message"]
    assert messages.init(CHOICE, CONTACT)["order"] == without_address(recommended("08-init")["message"]["order"])
    terms = recommended("09-on_init")["message"]["order"]
    made = messages.confirm(
        CHOICE, CONTACT, total=Decimal("100.00"), currency="INR", payments=terms["payments"],
        reference="utr-2025-0001",
    )
    wanted = without_address(recommended("11-confirm")["message"]["order"])
    # A payment that the provider collects on its own page is the provider's to mark as made.
    assert {**made["order"], "payments": None} == {**wanted, "payments": None}
    assert made["order"]["payments"] == terms["payments"]


@pytest.mark.parametrize("payment", [
    {"id": "1", "type": "POST-FULFILLMENT", "status": "NOT-PAID"},
    {"id": "1", "type": "ON-FULFILLMENT"},
    {"id": "1", "type": "PRE-FULFILLMENT", "status": "PAID", "params": {"transaction_id": "theirs"}},
])
def test_what_is_not_due_before_charging_goes_back_as_it_came(payment):
    made = messages.confirm(
        CHOICE, CONTACT, total=None, currency="", payments=[payment], reference="ours"
    )["order"]
    assert made["payments"] == [payment]
    assert "quote" not in made


def test_a_prepayment_without_params_is_marked_paid():
    made = messages.confirm(
        CHOICE, CONTACT, total=Decimal("7"), currency="INR", payments=[{"type": "PRE-ORDER"}], reference="ours"
    )["order"]
    assert made["payments"] == [{"type": "PRE-ORDER", "status": "PAID", "params": {"transaction_id": "ours"}}]
    assert made["quote"] == {"price": {"currency": "INR", "value": "7"}}


def test_the_later_requests_are_the_reference_s():
    order_id, fulfillment_id = "ord-7c1f2b", "fulfillment-001"
    assert messages.update(order_id, fulfillment_id, messages.STOP) == recommended("21-update-stop")["message"]
    assert messages.status(order_id) == recommended("17-status")["message"]
    assert messages.cancel(order_id, "5", "User changed the plan") == recommended("24-cancel")["message"]
    assert messages.rating(fulfillment_id, 5) == recommended("28-rating")["message"]
    assert messages.support(order_id, CONTACT) == recommended("30-support")["message"]


def test_an_item_without_a_fulfilment_is_ordered_without_one():
    made = messages.select(Choice("p", "i", "", Decimal("10")))["order"]
    assert "fulfillments" not in made
    assert made["items"][0]["quantity"]["selected"]["measure"]["value"] == "10"
    assert "id" not in messages.update("o", "", messages.START)["order"]["fulfillments"][0]


def test_callbacks_of_the_meta_calls_have_no_prefix():
    assert messages.callback_of("search") == "on_search"
    assert messages.callback_of("get_cancellation_reasons") == "cancellation_reasons"
    assert messages.callback_of("get_rating_categories") == "rating_categories"
