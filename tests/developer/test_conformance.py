"""Conformance runs against the CPO simulator and an app on a real socket, well-behaved and broken."""

import json
import time

import pytest
import responses
from django.core import signing as django_signing
from django.core.management import call_command

from beckn import signing
from beckn.models import Subscriber
from emsp.developer.conformance import cpo, cpo_lists, links, runs
from emsp.developer.conformance.cpo_calls import Calls
from emsp.developer.models import ConformanceRun
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.ocpi.cpo import Listing, location, make_party
from tests.ocpi.simulator.conftest import box, clock, emsp, make_box, registered  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db
NACK = {"message": {"ack": {"status": "NACK"}}, "error": {"code": "30000", "message": "no"}}
ACK = {"message": {"ack": {"status": "ACK"}}}
REFUSED = ("wrong_signature", "bad_digest", "no_signature", "expired")


def careful(got):
    """An app that verifies as it should."""
    from django.conf import settings

    ours = signing.load_private_key(settings.BECKN_SIGNING_PRIVATE_KEY)
    try:
        header = signing.parse(got.headers.get("authorization", ""))
        signing.verify(header, got.raw, bytes(ours.verify_key), int(time.time()))
    except signing.SignatureRefused:
        return 401, NACK
    try:
        json.loads(got.raw)
    except ValueError:
        return 400, NACK
    return 200, ACK


def verdicts(run):
    return {row["id"]: row["verdict"] for row in run.checks}


def examined(bap_server, answer):  # noqa: F811
    bap_server.answer_with(*[answer] * 8)
    return runs.carry_out(runs.prepare("bap", "bap.tests.example"))


def test_a_careful_app_passes_every_check(bap, bap_server):  # noqa: F811
    run = examined(bap_server, careful)

    wanted = ("accepts_signed", "in_time", "idempotent", *REFUSED, "malformed", "nack_shape")
    assert verdicts(run) == dict.fromkeys(wanted, "passed")
    assert (run.passed, run.state) == (True, "DONE")
    assert len(bap_server.received) == 7


def test_an_app_that_takes_everything_fails_where_it_should_refuse(bap, bap_server):  # noqa: F811
    found = verdicts(examined(bap_server, (200, ACK)))

    assert found == {
        "accepts_signed": "passed", "in_time": "passed", "idempotent": "passed",
        **dict.fromkeys((*REFUSED, "malformed"), "failed"), "nack_shape": "skipped",
    }


def test_an_app_that_refuses_everything_without_form_fails(bap, bap_server):  # noqa: F811
    run = examined(bap_server, (401, b"no"))

    assert [row for row, verdict in verdicts(run).items() if verdict == "failed"] == [
        "accepts_signed", "idempotent", "nack_shape",
    ]


def test_an_app_that_hangs_up_is_not_asked_further(bap, bap_server):  # noqa: F811
    assert verdicts(examined(bap_server, "reset")) == {
        "accepts_signed": "failed", "in_time": "failed", "refusals": "skipped"
    }


def party_of(box):  # noqa: F811
    base = f"{box.base}/ocpi/cpo"
    return make_party(base=f"{base}/2.2.1", versions_url=f"{base}/versions", outgoing_token=box.token)


def checks_of(party):
    calls = Calls(party)
    return {check.id: check for module in cpo_lists.LISTS for check in cpo_lists.examine(calls, module)}


def test_the_simulator_passes_as_sender_and_receiver(registered, monkeypatch):  # noqa: F811
    party = party_of(registered)
    monkeypatch.setattr(cpo, "_command_result", lambda id, title, wait, ask: cpo.Check(id, title, "skipped"))

    found = {check.id: check.verdict for check in cpo.examine(party)}

    bad = {name: verdict for name, verdict in found.items() if verdict not in ("passed", "skipped", "warning")}
    assert bad == {}
    for name in ("versions", "details", "wrong_token", "locations.link", "locations.objects", "locations.date_from",
                 "locations.date_to", "locations.unknown", "tokens.push", "tokens.read", "commands.answer"):
        assert found[name] == "passed", name


def test_a_bad_object_is_named_with_its_path():
    assert list(cpo_lists.flaws("locations", {"id": "L"})) == ["country_code: required, but missing"]


@pytest.fixture
def network():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.mark.parametrize(("broken", "check", "detail"), [
    ({"total": "none"}, "locations.headers", "X-Total-Count is missing"),
    ({"total": 1}, "locations.headers", "X-Total-Count is '1', at least 2 is expected"),
    ({}, "locations.link", "limit=1 gave 2 objects"),
    ({}, "locations.date_to", "date_from, date_to: HTTP 200, status_code 1000, 2 objects"),
])
def test_a_list_that_is_wrong_fails_where_it_is(network, broken, check, detail):
    Listing(network, "locations", [location("A"), location("B"), location("C")], **broken)

    found = {each.id: each for each in cpo_lists.examine(Calls(make_party()), "locations")}

    assert (found[check].verdict, found[check].detail) == ("failed", detail)


def test_old_objects_first_is_advice_and_older_than_date_from_is_a_failure(network):
    fixed = [location("A", last_updated="2026-03-02T10:00:00Z", city=None), location("B")]
    answer = json.dumps({"status_code": 1000, "timestamp": "2026-03-01T00:00:00Z", "data": fixed})
    network.get("https://cpo.example/ocpi/cpo/2.2.1/locations", body=answer)

    found = {each.id: each for each in cpo_lists.examine(Calls(make_party()), "locations")}

    assert found["locations.order"].verdict == "warning"
    assert found["locations.date_from"].detail == "1 of 2 objects are older than 2026-03-02T10:00:00Z"
    assert found["locations.objects"].problems == ["A city: required, but missing"]


def test_a_token_that_opens_nothing_fails_the_list(registered):  # noqa: F811
    party = party_of(registered)
    party.connection.outgoing_token = "another"

    found = checks_of(party)

    assert found["locations.list"].verdict == "failed"
    assert found["locations.list"].detail == "a list in an envelope is expected, got HTTP 401, status_code 2000"


def test_the_report_is_for_whoever_has_the_link(client, bap, bap_server, settings):  # noqa: F811
    run = examined(bap_server, careful)
    path = links.report_url(run).removeprefix(settings.BASE_URL)

    page = client.get(path)

    assert page.status_code == 200 and "9 passed" in page.content.decode()
    assert settings.BECKN_SIGNING_PRIVATE_KEY not in page.content.decode()
    assert client.get(f"/conformance/{django_signing.dumps(run.pk, salt='other')}/").status_code == 404
    settings.REPORT_URL_TTL_S = -1
    assert client.get(path).status_code == 410


def test_the_command_prints_json_and_fails_when_a_check_does(bap, bap_server, capsys):  # noqa: F811
    bap_server.answer_with(*[(200, ACK)] * 8)

    with pytest.raises(SystemExit):
        call_command("conformance", "bap", "bap.tests.example", "--json")

    assert json.loads(capsys.readouterr().out)["counts"] == {"passed": 3, "failed": 5, "warning": 0, "skipped": 1}


def test_nobody_is_examined_who_is_not_connected(db):
    with pytest.raises(runs.UnknownTarget):
        runs.ask_for("cpo", "XX-NON")
    assert (ConformanceRun.objects.count(), Subscriber.objects.count()) == (0, 0)


def test_staff_without_the_permission_cannot_start_a_run(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("reader", is_staff=True))

    assert client.get("/admin/developer/conformancerun/run/").status_code == 403


def test_staff_start_a_run(client, bap, bap_server, django_user_model, django_capture_on_commit_callbacks):  # noqa: F811
    client.force_login(django_user_model.objects.create_superuser("staff"))
    bap_server.answer_with(*[careful] * 8)

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/admin/developer/conformancerun/run/", {"target": "bap bap.tests.example"})

    run = ConformanceRun.objects.get()
    assert (answer.status_code, run.passed) == (302, True)
    assert "9 passed" in client.get(answer["Location"]).content.decode()
    assert client.get("/admin/developer/conformancerun/").status_code == 200
