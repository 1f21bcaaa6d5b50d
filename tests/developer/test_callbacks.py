"""What we really send to apps is what the documentation publishes: its schemas hold, its examples have no member more."""

import pytest
from jsonschema import Draft202012Validator

from emsp.developer.guides import beckn_api
from emsp.developer.guides.callback_examples import beckn_callback
from emsp.developer.guides.callbacks import CALLBACK_TYPES
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.flows.conftest import cpo, driver, network  # noqa: F401 (fixtures)


def validator(callback):
    document = beckn_api.document()
    schema = {"$ref": f"#/components/schemas/Callback.{CALLBACK_TYPES[callback].__name__}"}
    return Draft202012Validator(schema | {"components": document["components"]})


def members(value, at=""):
    """Every member's path; lists count as one."""
    if isinstance(value, dict):
        return {path for name, inner in value.items() for path in {f"{at}.{name}"} | members(inner, f"{at}.{name}")}
    return {path for inner in value for path in members(inner, at)} if isinstance(value, list) else set()


@pytest.mark.parametrize("callback", CALLBACK_TYPES)
def test_each_example_is_valid(callback):
    found = beckn_callback(callback, beckn_api.SAMPLE)

    assert [error.message for error in validator(callback).iter_errors(found)] == []


def test_the_schemas_can_refuse():
    found = beckn_callback("on_search", beckn_api.SAMPLE)
    found["message"]["catalog"] = []

    assert [error.json_path for error in validator("on_search").iter_errors(found)] == ["$.message"]


@pytest.mark.django_db
def test_what_is_sent_in_a_flow_is_what_is_published(driver, cpo):  # noqa: F811
    session = driver.charge()
    driver.ask("track", {"order_id": driver.order_id})
    driver.ask("status", {"order_id": driver.order_id})
    driver.update("stop-charging")
    cpo.result("STOP_SESSION")
    cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"])
    cpo.cdr(session)
    driver.ask("rating", {"ratings": [{"rating_category": "Order", "id": driver.order_id, "value": "5"}]})
    driver.ask("support", {"support": {"ref_id": driver.order_id}})
    for action in ("get_cancellation_reasons", "get_rating_categories", "get_return_reasons"):
        driver.ask(action)
    driver.book()
    driver.confirm()
    driver.cancel()

    sent = {callback: [got.body for got in driver.server.received if got.action == callback] for callback in CALLBACK_TYPES}
    for callback, bodies in sent.items():
        assert bodies, callback
        for body in bodies:
            assert [(e.json_path, e.message) for e in validator(callback).iter_errors(body)] == [], callback
        real = set().union(*map(members, bodies))
        assert members(beckn_callback(callback, beckn_api.SAMPLE)) - real == set(), callback
