"""`beckn_subscriber` and `beckn_keys`: trust by hand, and keys for the environment."""

import base64
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from beckn import signing
from beckn.models import Subscriber
from beckn.services import subscribers
from tests.factories.beckn import SubscriberFactory, public_key

ROOT = Path(__file__).resolve().parent.parent.parent
DER = base64.b64encode(signing.SPKI_PREFIX + base64.b64decode(public_key())).decode()


def add(*more, id="bap.example", url="http://bap.example/v1", type="BAP", key_id="k1", key=None):
    call_command(
        "beckn_subscriber", "add", id, "--url", url, "--type", type, "--key-id", key_id,
        "--public-key", key or public_key(), *more,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("key", [public_key(), DER])
def test_adding_keeps_the_raw_key_whatever_its_spelling(key, capsys):
    add("--valid-from", "2026-01-01", "--valid-until", "2027-01-01T05:30:00+05:30", key=key)

    row = Subscriber.objects.get()
    assert (row.subscriber_id, row.unique_key_id, row.type, row.url) == (
        "bap.example", "k1", "BAP", "http://bap.example/v1",
    )
    assert row.public_key == public_key()
    assert row.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert row.valid_until == datetime(2027, 1, 1, tzinfo=UTC)
    assert row.local is True
    assert capsys.readouterr().out == "BAP bap.example with key k1 added: SUBSCRIBED\n"


@pytest.mark.django_db
def test_adding_again_updates_and_makes_a_registry_row_our_own(capsys):
    SubscriberFactory(subscriber_id="bap.example", unique_key_id="k1", local=False, fetched_at=timezone.now())

    add("--status", "UNSUBSCRIBED", url="http://other.example", type="BG", key=public_key("other"))

    row = Subscriber.objects.get()
    assert (row.url, row.type, row.status) == ("http://other.example", "BG", "UNSUBSCRIBED")
    assert (row.public_key, row.local, row.fetched_at) == (public_key("other"), True, None)
    assert capsys.readouterr().out == "BG bap.example with key k1 updated: UNSUBSCRIBED\n"


NO_KEY = "a public key is base64 of 32 raw bytes, or an Ed25519 public key in DER or PEM"
NO_URL = "the URL must be http(s), absolute, without user name, query and fragment"
NO_ID = "must be 1 to 255 visible ASCII characters without | and quotes"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "more", "sentence"),
    [
        ({"key": "AAAA"}, (), NO_KEY),
        ({"url": "bap.example"}, (), NO_URL),
        ({"url": "http://x:99999/"}, (), NO_URL),
        ({"url": "http://a:b@x/"}, (), NO_URL),
        ({"url": "http://x/" + "y" * 492}, (), NO_URL),
        ({"type": "LREG"}, (), "the type must be one of BAP, BPP, BG"),
        ({"id": "a|b"}, (), f"the subscriber id {NO_ID}"),
        ({"key_id": ""}, (), f"the key id {NO_ID}"),
        ({}, ("--status", "FINE"), "the status must be one of INITIATED, UNDER_SUBSCRIPTION, SUBSCRIBED, "),
        ({}, ("--valid-until", "soon"), "--valid-until must be an ISO 8601 moment, as 2027-01-01T00:00:00Z"),
        (
            {}, ("--valid-from", "2027-01-01", "--valid-until", "2026-01-01"),
            "valid-from is later than valid-until",
        ),
        ({}, ("--colour", "red"), "unrecognized arguments: --colour red"),
    ],
)
def test_wrong_input_is_one_sentence_and_changes_nothing(given, more, sentence):
    with pytest.raises(CommandError) as refused:
        add(*more, **given)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not Subscriber.objects.exists()


@pytest.mark.django_db
def test_outside_the_sandbox_an_http_url_is_refused(settings):
    settings.SANDBOX = False

    with pytest.raises(CommandError, match="the URL must be https outside SANDBOX"):
        add()
    add(url="https://bap.example")

    assert Subscriber.objects.get().url == "https://bap.example"


def test_missing_options_leave_with_one_sentence_and_exit_code_1(capsys):
    from beckn.management.commands.beckn_subscriber import Command

    with pytest.raises(SystemExit) as left:
        Command().run_from_argv(["manage.py", "beckn_subscriber", "add", "bap.example", "--type", "BAP"])

    assert left.value.code == 1
    told = capsys.readouterr().err
    assert told == "CommandError: the following arguments are required: --url, --key-id, --public-key\n"


@pytest.mark.django_db
def test_the_list_shows_each_key_without_the_key(capsys):
    SubscriberFactory(subscriber_id="b.example", valid_until=datetime(2027, 1, 1, tzinfo=UTC))
    SubscriberFactory(subscriber_id="a.example", local=False, type="BG", url="http://a")

    call_command("beckn_subscriber", "list")

    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["SUBSCRIBER", "TYPE", "KEY", "STATUS", "VALID", "UNTIL", "FROM", "URL"],
        ["a.example", "BG", "bap-key-1", "SUBSCRIBED", "-", "registry", "http://a"],
        ["b.example", "BAP", "bap-key-1", "SUBSCRIBED", "2027-01-01T00:00:00Z", "here",
         "http://127.0.0.1:9/bap/energy/v1"],
    ]


@pytest.mark.django_db
def test_disable_ends_all_keys_of_one_participant_at_once(capsys):
    SubscriberFactory()
    SubscriberFactory(unique_key_id="bap-key-2", local=False, fetched_at=timezone.now())
    SubscriberFactory(subscriber_id="other.example")
    now = timezone.now()
    subscribers.key_of(subscribers.find("bap.tests.example", "bap-key-1", now=now), now=now)

    call_command("beckn_subscriber", "disable", "bap.tests.example")

    assert capsys.readouterr().out == "bap.tests.example is disabled (2 keys)\n"
    assert set(Subscriber.objects.values_list("subscriber_id", "status", "local")) == {
        ("bap.tests.example", "UNSUBSCRIBED", True), ("other.example", "SUBSCRIBED", True),
    }
    with pytest.raises(signing.SignatureRefused, match="key_not_valid"):
        subscribers.key_of(subscribers.find("bap.tests.example", "bap-key-1", now=now), now=now)


@pytest.mark.django_db
def test_a_change_made_by_another_process_bites_within_five_seconds(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("emsp.core.memory.monotonic", lambda: clock[0])
    SubscriberFactory()
    now = timezone.now()
    assert subscribers.find("bap.tests.example", "bap-key-1", now=now).status == "SUBSCRIBED"
    Subscriber.objects.update(status="UNSUBSCRIBED")  # no signal, as from another process

    clock[0] += 2.9
    assert subscribers.find("bap.tests.example", "bap-key-1", now=now).status == "SUBSCRIBED"
    clock[0] += 0.2
    assert subscribers.find("bap.tests.example", "bap-key-1", now=now).status == "UNSUBSCRIBED"


@pytest.mark.django_db
def test_a_known_key_costs_no_query(django_assert_num_queries):
    SubscriberFactory()
    now = timezone.now()
    with django_assert_num_queries(1):
        for _ in range(3):
            subscribers.find("bap.tests.example", "bap-key-1", now=now)


@pytest.mark.django_db
def test_disable_of_a_stranger_is_refused():
    with pytest.raises(CommandError, match=r"^no participant nobody\.example is known$"):
        call_command("beckn_subscriber", "disable", "nobody.example")


def test_keys_are_made_without_environment_or_database():
    bare = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "emsp.settings.main"}
    command = [sys.executable, "-m", "django", "beckn_keys"]

    made = [subprocess.check_output(command, cwd=ROOT, env=bare, text=True, timeout=60) for _ in range(2)]

    lines = dict(line.split("=", 1) for line in made[0].splitlines())
    assert list(lines) == [
        "BECKN_SIGNING_PRIVATE_KEY", "BECKN_SIGNING_PUBLIC_KEY", "BECKN_ENCRYPTION_PRIVATE_KEY",
        "BECKN_ENCRYPTION_PUBLIC_KEY", "BECKN_UNIQUE_KEY_ID",
    ]
    key = signing.load_private_key(lines["BECKN_SIGNING_PRIVATE_KEY"])
    assert signing.public_key_text(key) == lines["BECKN_SIGNING_PUBLIC_KEY"]
    assert len(base64.b64decode(lines["BECKN_ENCRYPTION_PRIVATE_KEY"])) == 32
    assert made[0] != made[1]


def test_an_app_has_two_keys_while_it_rotates_and_each_within_its_time(bap):
    adding = ["beckn_subscriber", "add", "bap.tests.example", "--url", bap.url, "--type", "BAP", "--key-id", "bap-key-2"]
    call_command(*adding, "--public-key", public_key("second"), "--valid-from", "2099-01-01T00:00:00Z")
    second = replace(bap, unique_key_id="bap-key-2", key_name="second")
    assert (bap("search", {"intent": {}}).status_code, second("search", {"intent": {}}).status_code) == (200, 401)

    call_command(*adding, "--public-key", public_key("second"))
    assert (bap("search", {"intent": {}}).status_code, second("search", {"intent": {}}).status_code) == (200, 200)

    call_command("beckn_subscriber", "retire", "bap.tests.example", "--key-id", "bap-key-1", "--at", "2026-01-01")
    refused = bap("search", {"intent": {}})
    assert (refused.status_code, second("search", {"intent": {}}).status_code) == (401, 200)
    assert refused.json()["error"]["message"] == "Authorization: the key is not valid now"
    with pytest.raises(CommandError, match=r"^no key other of bap\.tests\.example is known$"):
        call_command("beckn_subscriber", "retire", "bap.tests.example", "--key-id", "other")
