"""What each start of the demo puts into the databases, and what it finds there from the last one."""

import base64

import pytest
import responses
from django.contrib.auth import authenticate
from django.test import RequestFactory
from nacl.signing import SigningKey

from beckn.models import Subscriber
from emsp.backoffice.roles import second_factor
from emsp.demo import connect, prepare
from ocpi.models import Connection, ConnectionStatus

VERSIONS_URL = "http://127.0.0.1:9002/ocpi/cpo/versions"
KEY = base64.b64encode(bytes(SigningKey(b"s" * 32).verify_key)).decode()

pytestmark = pytest.mark.django_db


def a_request():
    """Logins are counted per address, so there must be one."""
    return RequestFactory().get("/admin/login/")


@pytest.fixture
def connection():
    return Connection.objects.create(
        name=connect.NAME,
        status=ConnectionStatus.REGISTERED,
        versions_url=VERSIONS_URL,
        outgoing_token="the-token",
    )


def test_the_password_of_world_json_opens_the_back_office_at_every_start():
    prepare.seed_admin("admin", "first-password")
    user = authenticate(a_request(), username="admin", password="first-password")
    assert (user.is_staff, user.is_superuser) == (True, True)
    before = user.password

    prepare.seed_admin("admin", "first-password")
    user.refresh_from_db()
    assert user.password == before  # nobody is logged out by a restart

    user.set_password("changed by hand")
    user.is_active = False
    user.save()
    second_factor.new_codes(user)
    prepare.seed_admin("admin", "first-password")
    assert authenticate(a_request(), username="admin", password="first-password") == user
    assert second_factor.has_one(user) is False


def test_the_reference_bap_is_trusted_where_it_runs_now():
    prepare.trust_bap("bap.example", "http://127.0.0.1:8001/beckn", "key-1", KEY)
    prepare.trust_bap("bap.example", "http://127.0.0.1:9001/beckn", "key-1", KEY)

    bap = Subscriber.objects.get()
    assert (bap.subscriber_id, bap.url, bap.type) == ("bap.example", "http://127.0.0.1:9001/beckn", "BAP")
    assert (bap.unique_key_id, bap.public_key) == ("key-1", KEY)


@responses.activate
def test_a_cpo_that_still_knows_us_is_not_registered_again(connection):
    token = base64.b64encode(b"the-token").decode()
    responses.get(
        VERSIONS_URL,
        json={"status_code": 1000},
        match=[responses.matchers.header_matcher({"Authorization": f"Token {token}"})],
    )

    assert connect.registered(VERSIONS_URL) is True


@responses.activate
def test_a_cpo_that_has_forgotten_us_is_registered_again(connection):
    responses.get(VERSIONS_URL, status=401)

    assert connect.registered(VERSIONS_URL) is False


@responses.activate
def test_a_cpo_whose_port_has_moved_is_registered_again(connection):
    assert connect.registered(VERSIONS_URL.replace("9002", "9502")) is False

    assert len(responses.calls) == 0


@responses.activate
def test_a_cpo_that_was_never_there_is_registered():
    assert connect.registered(VERSIONS_URL) is False
