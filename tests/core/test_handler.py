"""From the web server to a door and back: the answer, and what is around it for pages only."""

import json

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection
from django.test import RequestFactory
from django.urls import get_script_prefix, set_script_prefix

from emsp.core.handler import Handler

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signalled():
    """The signals that Django sent meanwhile, by name."""
    seen = []
    for name, signal in {"started": request_started, "finished": request_finished}.items():
        signal.connect(lambda name=name, **kwargs: seen.append(name), weak=False, dispatch_uid=f"test.{name}")
    yield seen
    for name, signal in {"started": request_started, "finished": request_finished}.items():
        signal.disconnect(dispatch_uid=f"test.{name}")


def call(method, path, **environ):
    """The answer to a request as a web server gets it, and what it was told to send before."""
    told = []
    made = RequestFactory().generic(method, path).environ | environ
    answer = Handler()(made, lambda status, headers: told.append((status, dict(headers))))
    return answer, *told[0]


def test_a_partner_is_answered_by_its_door_and_nothing_is_signalled(signalled):
    set_script_prefix("/of-the-request-before/")
    answer, status, headers = call("POST", "/beckn/search")
    body = json.loads(b"".join(answer))
    answer.close()

    assert (status, body["message"]) == ("401 Unauthorized", {"ack": {"status": "NACK"}})
    assert (headers["Content-Type"], headers["X-Frame-Options"]) == ("application/json", "DENY")
    assert (signalled, get_script_prefix()) == ([], "/")


def test_the_connection_goes_back_when_the_answer_has_left():
    answer, *_ = call("POST", "/beckn/search")
    connection.ensure_connection()
    list(answer)
    assert connection.connection is not None

    answer.close()

    assert connection.connection is None


@pytest.mark.parametrize(("path", "more"), [("/health/live", {}), ("/beckn/search", {"SCRIPT_NAME": "/below"})])
def test_all_else_is_djangos_own(signalled, path, more):
    answer, *_ = call("GET", path, **more)
    answer.close()

    assert signalled == ["started", "finished"]
    set_script_prefix("/")
