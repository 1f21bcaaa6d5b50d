"""Two keys of ours are active while one takes over from the other: peers verify both, one signs."""

import time

import pytest
import responses
from django.core.management import call_command
from django.core.management.base import CommandError

from beckn import signing
from beckn.models import Callback, OwnKey
from beckn.services import delivery, own_keys
from tests.beckn.test_on_subscribe import challenge, pending, post  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
REGISTRY = "http://registry.tests.example"
ENVIRONMENT = "bpp-key-1"


def signed_by():
    """The header that a callback carries now."""
    return signing.parse(delivery._headers(b"{}")["Authorization"])


def announced():
    return OwnKey.objects.get(signs_from=None)


def verifies(header, public_key):
    try:
        signing.verify(header, b"{}", signing.load_public_key(public_key), int(time.time()))
    except signing.SignatureRefused:
        return False
    return True


def test_a_successor_signs_nothing_until_it_is_used_and_the_former_key_stays_valid():
    assert signed_by().unique_key_id == ENVIRONMENT
    call_command("beckn_keys", "rotate")
    successor, first = announced(), OwnKey.objects.get(unique_key_id=ENVIRONMENT)
    assert signed_by().unique_key_id == ENVIRONMENT

    before = signed_by()
    call_command("beckn_keys", "use", successor.unique_key_id)
    after = signed_by()

    assert (before.unique_key_id, after.unique_key_id) == (ENVIRONMENT, successor.unique_key_id)
    assert verifies(before, first.signing_public_key) and verifies(after, successor.signing_public_key)
    assert not verifies(after, first.signing_public_key)
    assert [key.unique_key_id for key in own_keys.all_active()] == [successor.unique_key_id, ENVIRONMENT]


def test_a_retired_key_is_gone_with_its_private_halves():
    call_command("beckn_keys", "rotate")
    call_command("beckn_keys", "use", announced().unique_key_id)
    call_command("beckn_keys", "retire", ENVIRONMENT)

    retired = OwnKey.objects.get(unique_key_id=ENVIRONMENT)
    assert (retired.signing_private_key, retired.encryption_private_key) == ("", "")
    assert [key.unique_key_id for key in own_keys.all_active()] == [OwnKey.objects.get(retired_at=None).unique_key_id]


def test_the_key_that_signs_is_not_retired_and_one_successor_is_enough():
    call_command("beckn_keys", "rotate")
    with pytest.raises(CommandError, match="^a successor is announced already"):
        call_command("beckn_keys", "rotate")
    with pytest.raises(CommandError, match="^this key signs"):
        call_command("beckn_keys", "retire", ENVIRONMENT)
    with pytest.raises(CommandError, match="^no key other is announced$"):
        call_command("beckn_keys", "use", "other")
    assert OwnKey.objects.filter(retired_at=None).count() == 2


def test_a_callback_that_waited_is_signed_by_the_key_of_the_day_it_leaves(bap, bap_server):
    bap_server.answer_with((503, {}))
    bap("search", {"intent": {}})
    call_command("beckn_keys", "rotate")
    successor = announced().unique_key_id
    call_command("beckn_keys", "use", successor)
    Callback.objects.update(due_at="2026-01-01T00:00:00Z")
    delivery.deliver_due()

    ids = [signing.parse(got.headers["authorization"]).unique_key_id for got in bap_server.wait_for(2)]
    assert ids == [ENVIRONMENT, successor]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([], "the registry does not know this key as SUBSCRIBED yet"),
        ([{"status": "INITIATED"}], "the registry does not know this key as SUBSCRIBED yet"),
        ([{"signing_public_key": "A" * 43 + "="}], "the registry knows another public key under this id"),
    ],
)
def test_a_key_that_the_registry_does_not_vouch_for_does_not_sign(settings, found, told):
    settings.BECKN_REGISTRY_URL = REGISTRY
    call_command("beckn_keys", "rotate")
    key = announced()
    record = {"subscriber_id": "bpp.tests.example", "key_id": key.unique_key_id, "type": "BPP", "url": "https://a.example",
              "signing_public_key": key.signing_public_key, "status": "SUBSCRIBED"}  # fmt: skip
    with responses.RequestsMock() as network:
        network.post(f"{REGISTRY}/lookup", json=[record | entry for entry in found])
        with pytest.raises(CommandError, match=f"^{told}$"):
            call_command("beckn_keys", "use", key.unique_key_id)
        assert signed_by().unique_key_id == ENVIRONMENT
        network.replace("POST", f"{REGISTRY}/lookup", json=[record])
        call_command("beckn_keys", "use", key.unique_key_id)
    assert signed_by().unique_key_id == key.unique_key_id


def test_the_registrys_challenge_is_answered_for_the_announced_key_too(client, settings):
    call_command("beckn_keys", "rotate")
    key = announced()
    for_first = challenge("for the first key", settings)
    settings.BECKN_ENCRYPTION_PRIVATE_KEY = key.encryption_private_key

    for_successor = post(client, challenge("for the successor", settings), pub_key_id=key.unique_key_id)

    assert for_successor.json() == {"answer": "for the successor"}
    assert post(client, for_first).json() == {"answer": "for the first key"}


def test_the_list_shows_states_and_public_halves_only(capsys):
    call_command("beckn_keys", "list")
    call_command("beckn_keys", "rotate")
    call_command("beckn_keys", "use", announced().unique_key_id)
    call_command("beckn_keys", "list")

    out = capsys.readouterr().out
    assert f"{ENVIRONMENT}  signs" in out and f"{ENVIRONMENT}  former" in out
    for key in OwnKey.objects.all():
        assert key.signing_public_key in out
        assert key.signing_private_key not in out and key.encryption_private_key not in out
