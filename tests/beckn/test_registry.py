"""Keys from the network's registry: which record counts, for how long, and what a stranger costs."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import responses

from beckn.models import Subscriber
from beckn.services import registry, subscribers
from beckn.signing import SignatureRefused
from tests.factories.beckn import SubscriberFactory, public_key

pytestmark = pytest.mark.django_db

URL = "https://registry.example/reg"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def registry_is_configured(settings):
    settings.BECKN_REGISTRY_URL = f"{URL}/"


@pytest.fixture
def network():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as made:
        yield made


def record(**over):
    return {
        "subscriber_id": "bap.example", "key_id": "k1", "type": "BAP", "url": "https://bap.example/v1",
        "signing_public_key": public_key(), "status": "SUBSCRIBED",
        "valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z",
    } | over


def answer(network, *records, **more):
    return network.add(responses.POST, f"{URL}/lookup", json=list(records), **more)


def find(now=NOW, key_id="k1", subscriber_id="bap.example"):
    return subscribers.find(subscriber_id, key_id, now=now)


def test_the_question_names_participant_and_key_in_every_dialect(network):
    asked = answer(network, record())

    row = find()

    assert json.loads(asked.calls[0].request.body) == {
        "subscriber_id": "bap.example", "key_id": "k1", "unique_key_id": "k1", "ukId": "k1",
    }
    assert (row.url, row.type, row.public_key, row.local, row.fetched_at) == (
        "https://bap.example/v1", "BAP", public_key(), False, NOW,
    )
    assert row.valid_until == datetime(2027, 1, 1, tzinfo=UTC)


def test_only_the_exact_record_counts_wherever_it_stands_in_the_list(network):
    answer(
        network,
        record(key_id="k0", signing_public_key=public_key("old")),
        record(subscriber_id="evil.example", signing_public_key=public_key("evil")),
        record(type="BPP", url="https://bap.example/bpp"),
        "nonsense",
        record(signing_public_key="nonsense"),
        record(status="UNSUBSCRIBED", url="https://bap.example/left"),
        record(url="https://bap.example/right"),
    )

    assert find().url == "https://bap.example/right"


def test_the_first_of_a_list_is_never_taken_for_another(network):
    answer(network, record(key_id="k0"), record(subscriber_id="evil.example"))

    with pytest.raises(SignatureRefused, match="unknown_key"):
        find()
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "dialect",
    [
        {"key_id": None, "unique_key_id": "k1", "url": None, "subscriber_url": "https://bap.example/v1"},
        {"key_id": None, "ukId": "k1", "url": None, "callback_url": "https://bap.example/v1"},
        {"key_id": None, "pub_key_id": "k1", "type": "buyerApp", "status": None},
        {"type": "bap", "valid_from": "2026-01-01T00:00:00", "valid_until": "2027-01-01T00:00:00.000"},
        {"valid_from": None, "valid_until": None},
        {"signing_public_key": "MCowBQYDK2VwAyEA" + public_key()},
    ],
)
def test_names_of_other_dialects_are_understood(network, dialect):
    answer(network, record(**dialect))

    row = find()

    assert (row.unique_key_id, row.type, row.url, row.public_key, row.status) == (
        "k1", "BAP", "https://bap.example/v1", public_key(), "SUBSCRIBED",
    )


def test_a_key_entered_here_is_never_looked_up(network):
    asked = answer(network, record(signing_public_key=public_key("evil")))
    SubscriberFactory(subscriber_id="bap.example", unique_key_id="k1")

    assert find().public_key == public_key()
    assert asked.call_count == 0


def test_a_record_is_believed_for_ten_minutes(network):
    asked = answer(network, record())

    for seconds in (0, 599, 601):
        subscribers._known.clear()
        find(NOW + timedelta(seconds=seconds))

    assert asked.call_count == 2


def test_an_ended_key_is_asked_for_again_after_a_minute(network):
    asked = answer(network, record(valid_until="2026-11-24T08:01:00Z"))
    find()
    for seconds in (60, 61):
        subscribers._known.clear()
        find(NOW + timedelta(seconds=seconds))
    assert asked.call_count == 2

    with pytest.raises(SignatureRefused, match="key_not_valid"):
        subscribers.key_of(find(), now=NOW + timedelta(seconds=61))


@pytest.mark.parametrize(
    "failure", [{"status": 500}, {"body": b"<html>"}, {"json": {"error": "x"}}, {"body": OSError()}]
)
def test_while_the_registry_is_down_a_stale_record_serves_for_an_hour(network, failure):
    answer(network, record())
    find()
    network.reset()
    network.add(responses.POST, f"{URL}/lookup", **failure)

    subscribers._known.clear()
    assert find(NOW + timedelta(minutes=59)).public_key == public_key()
    subscribers._known.clear()
    with pytest.raises(SignatureRefused, match="unknown_key"):
        find(NOW + timedelta(minutes=61))


def test_a_registry_that_is_down_is_asked_once_in_ten_seconds(network):
    asked = answer(network, status=503)
    for number in range(3):
        with pytest.raises(SignatureRefused):
            find(key_id=f"k{number}")
    assert asked.call_count == 1


def test_a_record_that_is_gone_is_forgotten(network):
    answer(network, record())
    find()
    network.reset()
    answer(network)

    subscribers._known.clear()
    with pytest.raises(SignatureRefused, match="unknown_key"):
        find(NOW + timedelta(minutes=11))
    assert not Subscriber.objects.exists()


def test_an_unknown_key_is_remembered_for_a_minute(network, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("emsp.core.memory.monotonic", lambda: clock[0])
    asked = answer(network)

    for at in (100.0, 159.9, 160.1):
        clock[0] = at
        with pytest.raises(SignatureRefused, match="unknown_key"):
            find()

    assert asked.call_count == 2


def test_a_stranger_with_ever_new_keys_costs_ten_lookups_a_minute(network):
    asked = answer(network)
    for number in range(30):
        with pytest.raises(SignatureRefused):
            find(key_id=f"k{number}")
    assert asked.call_count == 10


def test_who_was_disabled_here_is_not_looked_up_again(network):
    asked = answer(network, record(key_id="k2"))
    SubscriberFactory(subscriber_id="bap.example", unique_key_id="k1")
    subscribers.disable("bap.example")

    with pytest.raises(SignatureRefused, match="unknown_key"):
        find(key_id="k2")
    assert asked.call_count == 0


def test_after_a_mismatch_the_key_is_refreshed_once_a_minute(network, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("emsp.core.memory.monotonic", lambda: clock[0])
    answer(network, record())
    row = find()
    network.reset()
    asked = answer(network, record(signing_public_key=public_key("new")))

    assert subscribers.refresh(row, now=NOW).public_key == public_key("new")
    assert subscribers.refresh(row, now=NOW) is None
    assert asked.call_count == 1
    clock[0] = 160.1
    assert subscribers.refresh(row, now=NOW).public_key == public_key("new")
    assert asked.call_count == 2
    assert Subscriber.objects.get().public_key == public_key("new")


def test_a_key_entered_here_is_not_refreshed(network):
    asked = answer(network, record(signing_public_key=public_key("new")))
    row = SubscriberFactory(subscriber_id="bap.example", unique_key_id="k1")

    assert subscribers.refresh(row, now=NOW) is None
    assert asked.call_count == 0


def test_without_a_registry_strangers_stay_strangers(settings):
    settings.BECKN_REGISTRY_URL = ""
    with pytest.raises(SignatureRefused, match="unknown_key"):
        find()


def test_a_lookup_without_any_answer_is_unavailable(network):
    with pytest.raises(registry.RegistryUnavailable):
        registry.lookup("bap.example", "k1")


@pytest.mark.parametrize("url", ["http://registry.example/reg", "https://127.0.0.1/reg"])
def test_outside_the_sandbox_a_registry_is_asked_by_https_and_on_public_addresses(network, settings, url):
    settings.SANDBOX, settings.BECKN_REGISTRY_URL = False, url
    asked = network.add(responses.POST, f"{url}/lookup", json=[record()])

    with pytest.raises(registry.RegistryUnavailable):
        registry.lookup("bap.example", "k1")
    assert asked.call_count == 0
