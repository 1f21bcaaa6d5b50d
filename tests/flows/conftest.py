"""A whole order in one process: a real app, our real doors, and a CPO whose end is announced by `responses`."""

import pytest
import responses

from beckn.wire.v1_1_0 import check_answer
from emsp.core.wire import load_json
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.flows.till import Gateway
from tests.flows.world import Cpo, Driver


@pytest.fixture
def network():
    """What leaves by `requests` meets these answers and nothing else; callbacks go to the real bap_server."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def cpo(db, client, network, django_capture_on_commit_callbacks):
    """A registered CPO with one free 30 kW station at 18 INR/kWh and a start fee of 10 INR."""
    return Cpo(client, network, django_capture_on_commit_callbacks)


@pytest.fixture
def driver(bap, bap_server, cpo):  # noqa: F811
    """A driver's app in front of that station. Every callback that came to it is as it has to be."""
    made = Driver(bap, bap_server, cpo)
    yield made
    for got in bap_server.received:
        check_answer(got.action, load_json(got.raw))


@pytest.fixture
def gateway(client, network, settings, django_capture_on_commit_callbacks):
    made = Gateway(client, django_capture_on_commit_callbacks)
    settings.PAYMENT_SANDBOX_URL = made.url
    network.add_passthru(made.url)
    yield made
    made.close()
