"""The message bench: what it says of messages and signatures."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from beckn import signing
from emsp.core.wire import encode
from emsp.developer.guides.examples import OCPI
from emsp.developer.message_bench import signatures
from emsp.developer.message_bench.reading import judge_beckn, judge_ocpi
from tests.backoffice.conftest import browser_of, person
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.factories.beckn import (
    SubscriberFactory,
    public_key,
    request_body,
    signing_key,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SEARCH = request_body("search", {"intent": {}}, timestamp="2026-03-01T08:00:00.000Z")
SENDER = {"subscriber_id": "bap.tests.example", "unique_key_id": "bap-key-1"}


@pytest.fixture
def integrator():
    return browser_of(person("ines", "integrator"))


def judged(action, body):
    found = judge_beckn(encode(body), action, now=NOW)
    return found.valid, found.path, found.reason


def test_a_beckn_message_is_judged_as_the_door_does():
    SubscriberFactory()

    assert judged("search", SEARCH) == (True, "", "")
    assert judged("select", SEARCH) == (False, "context.action", "is not select, the action of this endpoint")
    order = {"order": {"items": [{"id": {}}]}}
    body = request_body("select", order, timestamp="2026-03-01T08:00:00.000Z")
    assert judged("select", body)[:2] == (False, "message.order.items[0].id")
    elsewhere = SEARCH | {"context": SEARCH["context"] | {"bap_uri": "http://127.0.0.1:8/"}}
    assert judged("search", elsewhere) == (
        False, "context.bap_uri", "scheme, host and port are not those of the registered URL",
    )
    assert judge_beckn(b"{", "search", now=NOW).reason == "not JSON (JSONDecodeError)"
    assert judge_beckn(b"[1]", "on_search", now=NOW).reason == "not a JSON object"


def test_a_callback_is_held_to_what_we_have_to_send():
    said = SEARCH["context"] | {
        "action": "on_track", "bpp_id": "bpp.example", "bpp_uri": "https://bpp.example", "message_id": "m-1",
    }  # fmt: skip
    tracking = {"id": "f-1", "url": "https://bpp.example/track/1", "status": "active"}

    assert judged("on_track", {"context": said, "message": {"tracking": tracking}}) == (True, "", "")
    assert judged("on_track", {"context": said, "message": {"tracking": tracking | {"status": "on"}}}) == (
        False, "message.tracking.status", "Invalid enum value 'on'",
    )
    assert judged("on_track", {"context": said, "message": {"tracking": tracking | {"speed": 1}}}) == (
        False, "message.tracking", "Object contains unknown field `speed`",
    )


def test_an_old_message_of_a_stranger_is_valid_with_remarks_and_says_what_is_ignored():
    body = SEARCH | {"message": {"intent": {"colour": "red", "tags": [{"list": [], "x-mine": 1}]}}}

    found = judge_beckn(encode(body), "search", now=datetime(2026, 3, 1, 9, 0, tzinfo=UTC))

    assert found.valid
    assert found.remarks == [
        "Its ttl is over: sent now, it would be refused (context.ttl).",
        "No app of this bap_id is registered here, so bap_uri was compared with nothing.",
    ]
    assert found.ignored == [
        "context.location", "context.bpp_uri", "message.intent.colour", "message.intent.tags[0].x-mine",
    ]


def test_an_ocpi_object_is_judged_with_repairs_losses_and_what_is_ignored():
    evse = OCPI["Evse"] | {"connectors": [OCPI["Connector"] | {"max_amperage": "60", "colour": "red"}]}
    given = OCPI["Location"] | {"evses": [evse], "opening_times": "always", "x_extra": 1}

    found = judge_ocpi(encode([given]), "2.2.1", "locations: Location")

    assert (found.valid, found.reason) == (True, "")
    assert found.repaired == ['evses[0].connectors[0].max_amperage: "60" was read as 60']
    assert [(each.path, each.reason) for each in found.dropped] == [
        ("opening_times", "an object is expected, got text"),
    ]
    assert found.ignored == ["evses[0].connectors[0].colour", "x_extra"]


def test_an_ocpi_object_that_the_door_refuses_is_named_with_its_path():
    broken = OCPI["Connector"] | {"standard": None}
    given = OCPI["Location"] | {"evses": [OCPI["Evse"] | {"connectors": [broken]}]}

    found = judge_ocpi(encode(given), "2.2.1", "locations: Location")

    assert (found.valid, found.path, found.reason) == (
        False, "evses[0].connectors[0].standard", "required, but missing",
    )
    assert judge_ocpi(b"{", "2.2.1", "cdrs: CDR").reason.startswith("not JSON")


def test_signing_shows_each_step_and_the_header_holds():
    body, text = b'{"a": 1}', "YmFwLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4="

    made = signatures.sign(body, **SENDER, private_key=text, url="http://127.0.0.1:9/search", now=NOW)

    assert made.digest == (
        "IkDosLYcE7DZ7XdIol6SfXtLxIKnbSwFc2QFXenhPpb4u8c0mqm3jb1xbS7oW1rRAdrJXnOBoaaIcAP3e02ptg=="
    )
    assert made.base_string == f"(created): 1772351995\n(expires): 1772352300\ndigest: BLAKE-512={made.digest}"
    assert (made.public_key, made.ephemeral) == (public_key(), False)
    signing.verify(
        signing.parse(made.authorization), body, signing.load_public_key(public_key()), int(NOW.timestamp())
    )
    assert text not in repr(made)


def test_the_code_that_is_shown_sends_these_bytes_with_a_header_that_holds(bap_server):  # noqa: F811
    body = '{"name": "d\'Or $HOME `x`\\n ₹"}\n'.encode()
    now = timezone.now()

    made = signatures.sign(body, **SENDER, private_key="", url=f"{bap_server.url}/search", now=now)
    subprocess.run([sys.executable, "-c", made.python], check=True, capture_output=True)
    subprocess.run(["sh", "-c", made.curl], check=True, capture_output=True)

    assert [got.raw for got in bap_server.received] == [body, body]
    for got in bap_server.received:
        header = signing.parse(got.headers["authorization"])
        signing.verify(header, body, signing.load_public_key(made.public_key), int(now.timestamp()))
    assert made.ephemeral


def test_the_platforms_own_key_signs_nothing_here(integrator, settings):
    answer = integrator.post(reverse("message_bench:sign"), {
        "body": encode(SEARCH).decode(), "unique_key_id": "k", "private_key": settings.BECKN_SIGNING_PRIVATE_KEY,
    })  # fmt: skip

    assert answer.context["signed"] is None
    assert answer.context["form"].errors["private_key"] == ["this is the platform's own key, which signs nothing here"]


def test_a_pasted_private_key_is_in_no_answer_no_row_and_no_log(integrator, caplog):
    text = "YmFwLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4="
    body = encode(SEARCH).decode()
    rows = LogEntry.objects.count()

    with caplog.at_level(0):
        answer = integrator.post(
            reverse("message_bench:sign"), {"body": body, "unique_key_id": "k", "private_key": text}
        )

    assert answer.context["signed"].public_key == public_key()
    assert answer.context["signed"].authorization.startswith('Signature keyId="bap.tests.example|k|ed25519"')
    assert "/beckn/search" in answer.context["signed"].curl
    assert text not in answer.content.decode() and text not in caplog.text and body not in caplog.text
    assert LogEntry.objects.count() == rows
    assert "no-store" in answer["Cache-Control"]


def verdicts(header, body, *, key="", digest="", now=NOW):
    steps = signatures.verify(header, body, public_key=key, body_digest=digest, now=now)
    return {step.name: step.verdict for step in steps}, [step.said for step in steps if step.verdict == "failed"]


def signed(body, *, now=NOW, name="bap", **over):
    return signing.sign(body, **SENDER | over, private_key=signing_key(name), now=int(now.timestamp()))


HOLDS = dict.fromkeys(("parse", "keyId", "created and expires", "digest", "signature"), "worked")


def test_a_signature_that_holds_does_so_at_every_step():
    SubscriberFactory()
    body = encode(SEARCH)

    assert verdicts(signed(body), body) == (HOLDS, [])
    assert verdicts(signed(body), body, key=public_key(), digest=signing.digest(body)) == (HOLDS, [])


def test_the_step_at_which_a_signature_fails_is_named():
    body = encode(SEARCH)
    key = public_key()
    late = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    skipped = dict.fromkeys(HOLDS, "skipped")

    assert verdicts("Bearer x", body)[0] == skipped | {"parse": "failed"}
    assert verdicts(signed(body), body) == (
        HOLDS | {"keyId": "failed", "signature": "skipped"},
        ["nobody with this subscriber id and key id is registered, here or in the registry"],
    )
    assert verdicts(signed(body, subscriber_id="other.example"), body, key=key) == (
        HOLDS | {"keyId": "failed"}, ["the message is from another bap_id than keyId"],
    )
    assert verdicts(signed(body), body, key=key, now=late) == (
        HOLDS | {"created and expires": "failed"}, ["expires lies in the past: it is 1772355600 here"],
    )
    assert verdicts(signed(body, name="else"), body, key=key) == (
        HOLDS | {"signature": "failed"}, ["this key did not make it of this body, created and expires"],
    )


def test_other_bytes_of_the_same_message_are_recognised():
    body = encode(SEARCH)
    spaced = json.dumps(SEARCH).encode()

    found, said = verdicts(signed(spaced), body, key=public_key(), digest=signing.digest(spaced))

    assert found == HOLDS | {"digest": "failed", "signature": "failed"}
    assert said[0].endswith("; theirs is of the body as Python's json.dumps writes it")
    assert said[1] == (
        "it is of the body as Python's json.dumps writes it: what was signed is not what was sent"
    )


def test_our_own_callback_can_be_verified(settings):
    body = b'{"context": {"action": "on_search"}}'
    header = signing.sign(
        body, subscriber_id=settings.BECKN_SUBSCRIBER_ID, unique_key_id=settings.BECKN_UNIQUE_KEY_ID,
        private_key=signing.load_private_key(settings.BECKN_SIGNING_PRIVATE_KEY), now=int(NOW.timestamp()),
    )  # fmt: skip

    assert verdicts(header, body) == (HOLDS, [])


def test_a_body_is_bounded_and_its_line_ends_are_lf(integrator, settings):
    page = reverse("message_bench:sign")
    given = {"unique_key_id": "k", "subscriber_id": "a.example"}

    one = integrator.post(page, given | {"body": "{\r\n}\r\n"})
    assert one.context["signed"].digest == signing.digest(b"{\n}\n")
    large = integrator.post(page, given | {"body": "é" * (settings.BODY_LIMIT_BYTES // 2 + 1)})
    assert large.context["form"].errors["body"] == ["The body is larger than 1000000 bytes."]


@pytest.mark.parametrize("body", [
    "[" * 5000, "null", "1e999999", '{"context": null}', '{"context": {"timestamp": {}}}', '{"id": 1' + "0" * 60 + "}",
    '{"context": {"action": "x", "bap_uri": "http://[", "bap_id": "a|b\\"c"}}', '{"evses": {"a": [[1]]}}',
])  # fmt: skip
def test_nothing_pasted_breaks_a_page(body, integrator):
    for kind in ("beckn search", "beckn on_search", "2.2.1 locations: Location", "2.2.1 tariffs: Tariff"):
        answer = integrator.post(reverse("message_bench:read"), {"kind": kind, "body": body})
        assert (answer.status_code, answer.context["judgement"].valid) == (200, False)
    sent = {"body": body, "unique_key_id": "k", "authorization": signed(body.encode()), "public_key": "x"}
    assert integrator.post(reverse("message_bench:sign"), sent).status_code == 200
    assert integrator.post(reverse("message_bench:verify"), sent).status_code == 200
