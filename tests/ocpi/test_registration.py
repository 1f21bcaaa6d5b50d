"""We register at a CPO, by service and by command (ocpi.md §7, row 19; ocpi.md 2.3; design.md §4, §8)."""

import base64
import json
from contextlib import redirect_stderr
from io import StringIO

import pytest
from django.core.management import call_command

from emsp.core.crypto import token_hash
from ocpi.models import Connection, IncomingToken, Party, SyncState, TokenCopy
from ocpi.services import registration
from ocpi.services.registration import RegistrationFailed
from tests.factories.ocpi import BASE, IncomingTokenFactory, PeerFactory, TokenFactory, endpoints
from tests.ocpi.conftest import Caller

VERSIONS, DETAILS, CREDENTIALS = f"{BASE}/versions", f"{BASE}/2.2.1", f"{BASE}/2.2.1/credentials"
TOKEN_A, TOKEN_C = "A-token-of-theirs-0123456789", "C-token-of-theirs-0123456789"

pytestmark = pytest.mark.django_db


def envelope(data=None, code=1000):
    body = {"status_code": code, "status_message": "said", "timestamp": "2026-03-01T00:00:00Z"}
    return json.dumps(body | ({"data": data} if data is not None else {}))


def credentials(token=TOKEN_C, **changes):
    role = {"role": "CPO", "party_id": "CPA", "country_code": "IN", "business_details": {"name": "Company"}}
    return {"token": token, "url": VERSIONS, "roles": [role]} | changes


class Cpo:
    """A CPO that was given token A, and what it saw."""

    def __init__(self, network, *, encoded=True, versions=("2.2.1",), modules=None, answer=None, status=200):
        self.seen, self.token_b, self.b_worked = [], None, None
        wanted = base64.b64encode(TOKEN_A.encode()).decode() if encoded else TOKEN_A
        self._wanted = {f"Token {wanted}"}
        self._answer = envelope(credentials()) if answer is None else answer
        self._status = status
        rows = [{"version": version, "url": f"{BASE}/{version}"} for version in versions]
        found = endpoints(modules) if modules is not None else endpoints()
        network.add_callback("GET", VERSIONS, lambda request: self._serve(request, envelope(rows)))
        details = {"version": "2.2.1", "endpoints": found}
        network.add_callback("GET", DETAILS, lambda request: self._serve(request, envelope(details)))
        for method in ("POST", "PUT"):
            network.add_callback(method, CREDENTIALS, self._take)
        network.add_callback("DELETE", CREDENTIALS, lambda request: self._serve(request, envelope()))

    def expects(self, token):
        self._wanted.add("Token " + base64.b64encode(token.encode()).decode())

    def _serve(self, request, body):
        self.seen.append((request.method, request.url))
        if request.headers["Authorization"] not in self._wanted:
            return 401, {}, envelope(code=2000)
        return 200, {}, body

    def _take(self, request):
        self.token_b = json.loads(request.body)["token"]
        self.b_worked = Caller(self.token_b).get("/ocpi/emsp/versions").status
        status, headers, body = self._serve(request, self._answer)
        return (self._status if status == 200 else status), headers, body


def register(**changes):
    return registration.register(**{"name": "Peer", "versions_url": VERSIONS, "token_a": TOKEN_A} | changes)


def test_versions_details_credentials_and_b_works_before_the_answer(network, woken):
    cpo, steps = Cpo(network), []

    connection = register(report=steps.append)

    assert cpo.seen == [("GET", VERSIONS), ("GET", DETAILS), ("POST", CREDENTIALS)]
    assert cpo.b_worked == 200
    assert Caller(cpo.token_b).get("/ocpi/emsp/versions").status == 200
    assert (connection.status, connection.outgoing_token, connection.versions_url) == (
        "REGISTERED", TOKEN_C, VERSIONS
    )
    assert Party.objects.get().party_id == "CPA"
    assert woken == [("pull_connection", (connection.pk,))]
    assert SyncState.objects.filter(full_wanted=True).count() == 4
    assert [(step.name, step.request, step.ok) for step in steps] == [
        ("check what was given", "", True), ("read its versions", f"GET {VERSIONS}", True),
        ("choose a version", "", True), ("read its version details", f"GET {DETAILS}", True),
        ("their call back", "GET http://testserver/ocpi/emsp/versions", True),
        ("exchange tokens", f"POST {CREDENTIALS}", True), ("store", "", True),
    ]
    assert steps[4].outcome == "they came to us with token B"
    assert steps[1].outcome == "offers 2.2.1"


def test_our_credentials_are_complete(network, settings, woken):
    Cpo(network)
    register()

    sent = json.loads(network.calls[-1].request.body)
    assert sent["url"] == f"{settings.BASE_URL}/ocpi/emsp/versions"
    assert len(sent["token"]) == 43
    assert (sent["roles"][0]["role"], sent["roles"][0]["country_code"], sent["roles"][0]["party_id"]) == (
        "EMSP", "IN", "EMS"
    )


def test_a_peer_that_wants_the_token_raw_gets_it_raw(network, woken):
    Cpo(network, encoded=False)

    assert register().auth_encoding == "raw"


@pytest.mark.parametrize(("cpo", "reason", "last_step"), [
    ({"status": 500, "answer": envelope(code=3000)}, "HTTP 500", "exchange tokens"),
    ({"answer": envelope(code=3001)}, "status_code 3001", "exchange tokens"),
    ({"answer": envelope({"token": TOKEN_C})}, "url: required, but missing", "exchange tokens"),
    ({"answer": envelope(credentials(roles=[]))}, "roles: at least one is required", "exchange tokens"),
    ({"status": 405, "answer": envelope(code=2000)}, "HTTP 405", "exchange tokens"),
    ({"versions": ("2.1.1",)}, "no common version", "choose a version"),
    ({"modules": [("credentials", "SENDER"), ("commands", "RECEIVER")]}, "no locations", "read its version details"),
    ({"modules": [("locations", "SENDER"), ("commands", "RECEIVER")]}, "no credentials", "read its version details"),
])
def test_a_failed_registration_leaves_nothing_behind(network, woken, cpo, reason, last_step):
    Cpo(network, **cpo)

    with pytest.raises(RegistrationFailed, match=reason) as failed:
        register()

    assert failed.value.steps[-1].name == last_step
    assert failed.value.steps[-1].ok is False
    assert not Connection.objects.exists()
    assert not IncomingToken.objects.exists()
    assert woken == []


@pytest.mark.parametrize("change", [
    {"token_a": "A-wrong-token-0123456789"}, {"versions_url": "https://nobody.example/versions"},
])
def test_a_wrong_token_or_address_is_told_with_a_hint(network, change):
    Cpo(network)

    with pytest.raises(RegistrationFailed) as failed:
        register(**change)

    assert failed.value.steps[-1].name == "read its versions"
    assert failed.value.steps[-1].hint != ""
    assert TOKEN_A not in str(failed.value) and "A-wrong" not in str(failed.value)


@pytest.mark.parametrize("change", [{"name": " "}, {"name": "x" * 101}, {"token_a": "a b"}, {"token_a": ""}])
def test_what_cannot_be_right_is_refused_before_anything_is_sent(network, change):
    Cpo(network)

    with pytest.raises(RegistrationFailed):
        register(**change)
    assert len(network.calls) == 0


def test_a_private_address_is_refused_before_connecting(network, settings):
    settings.SANDBOX = False

    for url in ("http://cpo.example/versions", "https://127.0.0.1/versions", "https://169.254.169.254/versions"):
        with pytest.raises(RegistrationFailed):
            register(versions_url=url)
    assert len(network.calls) == 0


def test_a_failure_does_not_end_a_registration_that_was_there(network):
    peer = PeerFactory(name="Peer", outgoing_token="old-token-of-theirs")
    IncomingTokenFactory(connection=peer, text="old-token-of-ours-0123")
    Cpo(network, answer=envelope(code=3001))

    with pytest.raises(RegistrationFailed):
        register()

    peer.refresh_from_db()
    assert (peer.status, peer.outgoing_token) == ("REGISTERED", "old-token-of-theirs")
    assert IncomingToken.objects.get().token_hash == token_hash("old-token-of-ours-0123")


def test_a_known_name_is_registered_anew_and_its_old_token_ends(network, woken):
    peer = PeerFactory(name="Peer")
    IncomingTokenFactory(connection=peer, text="old-token-of-ours-0123")
    IncomingTokenFactory(connection=peer, text="an-invitation-0123456", kind="A")
    cpo = Cpo(network)

    assert register() == peer

    assert IncomingToken.objects.get(token_hash=token_hash("old-token-of-ours-0123")).valid_until is not None
    assert IncomingToken.objects.get(token_hash=token_hash(cpo.token_b)).valid_until is None
    assert not IncomingToken.objects.filter(kind="A").exists()


def test_rotation_changes_both_tokens(network, woken):
    cpo = Cpo(network, answer=envelope(credentials(token="C2-token-of-theirs")))
    connection = register()
    cpo.expects(connection.outgoing_token)
    first_b = cpo.token_b

    registration.rotate(connection)

    connection.refresh_from_db()
    assert cpo.seen[-1] == ("PUT", CREDENTIALS)
    assert cpo.token_b != first_b
    assert connection.outgoing_token == "C2-token-of-theirs"
    assert IncomingToken.objects.get(token_hash=token_hash(first_b)).valid_until is not None
    assert IncomingToken.objects.get(token_hash=token_hash(cpo.token_b)).valid_until is None


def test_a_rotation_that_fails_leaves_both_tokens(network, woken):
    cpo = Cpo(network)
    connection = register()
    first_b = cpo.token_b

    with pytest.raises(RegistrationFailed):  # token C is not known at this CPO
        registration.rotate(connection)

    assert IncomingToken.objects.get().token_hash == token_hash(first_b)
    connection.refresh_from_db()
    assert connection.outgoing_token == TOKEN_C


def test_unregistering_tells_the_peer_and_makes_the_tokens_void(network, woken):
    cpo = Cpo(network)
    connection = register()
    cpo.expects(TOKEN_C)

    assert registration.unregister(connection) is True

    assert cpo.seen[-1] == ("DELETE", CREDENTIALS)
    assert (connection.status, connection.outgoing_token) == ("UNREGISTERED", "")
    assert not IncomingToken.objects.exists()


def test_unregistering_works_without_the_peer_too(network, woken):
    connection = PeerFactory()
    IncomingTokenFactory(connection=connection)

    assert registration.unregister(connection) is False
    assert (connection.status, IncomingToken.objects.count()) == ("UNREGISTERED", 0)


def run(*arguments):
    """Exit status, stdout and stderr of ocpi_register."""
    out, err = StringIO(), StringIO()
    try:
        with redirect_stderr(err):  # what argparse refuses never reaches the command's own streams
            call_command("ocpi_register", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_the_command_registers(network, woken):
    Cpo(network)

    status, out, err = run("--name", "Peer", "--versions-url", VERSIONS, "--token-a", TOKEN_A)

    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "Registered with Peer: IN-CPA"
    assert Connection.objects.get().status == "REGISTERED"
    for secret in (TOKEN_A, TOKEN_C):
        assert secret not in out


def test_the_command_fails_with_one_sentence(network):
    Cpo(network)

    status, _, err = run("--name", "Peer", "--versions-url", VERSIONS, "--token-a", "A-wrong-token-0123456789")

    assert status == 1
    assert len(err.splitlines()) == 1
    assert "cannot read its versions" in err
    assert "A-wrong" not in err


@pytest.mark.parametrize(("url", "reason"), [
    ("https://127.1/versions", "the URL leads to a private address\n"),
    ("https://[::1/versions", "the URL is not an absolute http(s) URL\n"),
    ("https://8.8.8.8/versions", "BASE_URL must be https outside SANDBOX\n"),
])  # fmt: skip
def test_outside_the_sandbox_the_address_is_judged_first_and_then_our_own_settings(network, settings, url, reason):
    settings.SANDBOX, settings.BASE_URL, settings.PAYMENT_SANDBOX_URL = False, "http://emsp.example", ""

    status, _, err = run("--name", "Peer", "--versions-url", url, "--token-a", TOKEN_A)

    assert (status, err) == (1, reason)
    assert not network.calls
    assert not Connection.objects.exists()


@pytest.mark.parametrize("arguments", [
    [], ["--name", "Peer"], ["--invite"], ["--name", "x" * 101, "--invite"], ["--name"], ["--nonsense", "x"],
])
def test_the_command_says_what_is_missing(arguments):
    status, _, err = run(*arguments)

    assert status == 1
    assert len(err.splitlines()) == 1
    assert not Connection.objects.exists()


def test_an_invitation_prints_the_token_alone_on_the_last_line():
    status, out, err = run("--name", "Peer", "--invite")

    assert (status, err) == (0, "")
    token = out.splitlines()[-1]
    assert IncomingToken.objects.get().token_hash == token_hash(token)
    assert Caller(token).get("/ocpi/emsp/versions").status == 200
    status, out, _ = run("--name", "Peer", "--invite")
    assert out.splitlines()[-1] != token
    assert Caller(token).get("/ocpi/emsp/versions").status == 401
    assert Connection.objects.count() == 1


def test_a_cpo_that_registers_later_is_told_of_earlier_tokens(network, woken):
    Cpo(network)
    card, blocked, unknown = (TokenFactory(type=kind, valid=valid) for kind, valid in (
        ("RFID", True), ("APP_USER", False), ("APP_USER", True)))
    elsewhere = TokenFactory(type="APP_USER")
    TokenCopy.objects.create(token=elsewhere, connection=PeerFactory(), state="SAME")

    connection = register()

    copies = TokenCopy.objects.filter(connection=connection).order_by("token")
    assert [(copy.token, copy.state, copy.due_at is not None) for copy in copies] == [
        (card, "WAITING", True), (blocked, "WAITING", True), (elsewhere, "WAITING", True)
    ]
    assert not unknown.copies.exists()


def test_a_cpo_that_registers_again_is_told_of_all_anew(network, woken):
    Cpo(network)
    connection = register()
    copy = TokenCopy.objects.create(token=TokenFactory(type="RFID"), connection=connection, state="SAME", attempts=3)

    register()

    copy.refresh_from_db()
    assert (copy.state, copy.attempts, copy.due_at is not None) == ("WAITING", 0, True)
