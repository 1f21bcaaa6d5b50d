"""Tokens, envelopes, headers and addresses: what holds for every request of a peer (ocpi.md §7, 1-8, 21-26)."""

import base64
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from ocpi.models import IncomingToken, Location
from tests.factories.ocpi import CpoFactory, IncomingTokenFactory, PeerFactory, location_body
from tests.ocpi.conftest import TOKEN, Caller, at

VERSIONS = "/ocpi/emsp/versions"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("url", [
    VERSIONS, "/ocpi/emsp/2.2.1", at("locations", "LOC-1"), at("tokens", owner=()), at("credentials", owner=()),
    "/ocpi/emsp/nothing", "/ocpi/emsp/",
])
def test_a_stranger_is_refused_everywhere(db, url):
    answer = Caller(None).get(url)

    assert answer.said == (401, 2000)
    assert answer.data is None


def test_versions_lists_2_2_1(cpo, settings):
    answer = cpo.get(VERSIONS)

    assert answer.said == (200, 1000)
    assert answer.data == [{"version": "2.2.1", "url": f"{settings.BASE_URL}/ocpi/emsp/2.2.1"}]


@pytest.mark.parametrize("authorization", [
    f"Token {b64(TOKEN)}", f"Token {TOKEN}", f"Token {b64(TOKEN + chr(10))}", f"token {b64(TOKEN)}",
    f"TOKEN {b64(TOKEN)}", f"Token {b64(TOKEN).rstrip('=')}", f"Token  {b64(TOKEN)} ", f"Token {b64(TOKEN + ' ')}",
])
def test_a_token_is_known_in_every_form(cpo, authorization):
    assert cpo.get(VERSIONS, authorization=authorization).said == (200, 1000)


@pytest.mark.parametrize("authorization", [
    "", "Token", "Token ", f"Bearer {TOKEN}", f"Basic {b64(TOKEN)}", f"Token {b64('x' + TOKEN)}", "Token %%%",
    f"Token {b64(TOKEN)}x", f"Token{b64(TOKEN)}", "Token \x80\xff",
])
def test_anything_else_is_no_token(cpo, authorization):
    caller = Caller(None)

    assert caller.get(VERSIONS, authorization=authorization).said == (401, 2000)


def test_a_url_safe_alphabet_is_read(party):
    text = "token~~~???>>>with+both/slash"
    IncomingTokenFactory(connection=party.connection, text=text)
    assert set("+/") & set(b64(text))

    written = base64.urlsafe_b64encode(text.encode()).decode()

    assert Caller(None).get(VERSIONS, authorization=f"Token {written}").said == (200, 1000)


def test_a_raw_token_that_is_valid_base64_is_not_guessed(party):
    IncomingTokenFactory(connection=party.connection, text="abcdef0123456789")

    assert Caller(None).get(VERSIONS, authorization="Token abcdef0123456789").said == (200, 1000)
    assert Caller("abcdef0123456789").get(VERSIONS).said == (200, 1000)


def test_a_header_that_means_two_tokens_is_refused(party):
    IncomingTokenFactory(connection=party.connection, text=TOKEN)
    IncomingTokenFactory(connection=PeerFactory(), text=b64(TOKEN))

    assert Caller(None).get(VERSIONS, authorization=f"Token {b64(TOKEN)}").said == (401, 2000)


def test_an_expired_token_is_refused(cpo):
    IncomingToken.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
    assert cpo.get(VERSIONS).said == (401, 2000)

    IncomingToken.objects.update(valid_until=timezone.now() + timedelta(minutes=1))
    assert cpo.get(VERSIONS).said == (200, 1000)


def test_details_name_every_module_in_our_role(cpo, settings):
    data = cpo.get("/ocpi/emsp/2.2.1").data
    base = f"{settings.BASE_URL}/ocpi/emsp/2.2.1"

    assert data["version"] == "2.2.1"
    assert data["endpoints"] == [
        {"identifier": name, "role": role, "url": f"{base}/{name}"}
        for name, role in [
            ("credentials", "SENDER"), ("locations", "RECEIVER"), ("tariffs", "RECEIVER"),
            ("sessions", "RECEIVER"), ("cdrs", "RECEIVER"), ("tokens", "SENDER"), ("commands", "SENDER"),
        ]
    ]


@pytest.mark.parametrize(("method", "url"), [
    ("GET", at("locations", "LOC-1")), ("PUT", at("locations", "LOC-1")), ("GET", at("tokens", owner=())),
    ("POST", at("cdrs", owner=())), ("GET", "/ocpi/emsp/2.2.1/nothing"),
])
def test_a_registration_token_opens_no_module(party, method, url):
    IncomingTokenFactory(connection=party.connection, text="token-a-0123456789", kind="A")
    caller = Caller("token-a-0123456789")

    assert caller.get(VERSIONS).said == (200, 1000)
    assert caller.get("/ocpi/emsp/2.2.1/").said == (200, 1000)
    assert caller.call(method, url, location_body()).said == (401, 2000)
    assert not Location.objects.exists()


@pytest.mark.parametrize("url", [at("locations", "nothing-here"), VERSIONS, "/ocpi/emsp/9.9"])
def test_tracing_headers_come_back_and_routing_headers_are_swapped(cpo, url):
    answer = cpo.get(
        url, X_Request_ID="request-7", X_Correlation_ID="chain-3", OCPI_from_country_code="IN",
        OCPI_from_party_id="CPA", OCPI_to_country_code="in", OCPI_to_party_id="EMS",
    )

    assert answer.headers["X-Request-ID"] == "request-7"
    assert answer.headers["X-Correlation-ID"] == "chain-3"
    assert answer.headers["OCPI-to-country-code"] == "IN"
    assert answer.headers["OCPI-to-party-id"] == "CPA"
    assert answer.headers["OCPI-from-country-code"] == "in"
    assert answer.headers["OCPI-from-party-id"] == "EMS"


def test_a_stranger_gets_the_tracing_headers_too(db):
    answer = Caller(None).get(VERSIONS, X_Request_ID="request-8")

    assert answer.headers["X-Request-ID"] == "request-8"


def test_missing_tracing_headers_are_made_and_missing_routing_headers_are_not(cpo):
    answer = cpo.get(VERSIONS)

    assert UUID.fullmatch(answer.headers["X-Request-ID"])
    assert UUID.fullmatch(answer.headers["X-Correlation-ID"])
    assert answer.headers["X-Request-ID"] != answer.headers["X-Correlation-ID"]
    assert "OCPI-to-party-id" not in answer.headers


@pytest.mark.parametrize("raw", [b"{bad", b"", b"\xff\xfe", b'{"a": 1} x', b'{"id": "' + b"[" * 10])
def test_what_is_not_json_is_400(cpo, raw):
    answer = cpo.put(at("locations", "LOC-1"), raw=raw)

    assert answer.said == (400, 2001)
    assert not Location.objects.exists()


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"12", b"null", b"[1, 2]", b"true"])
def test_json_that_is_no_object_is_2001(cpo, raw):
    for module in ("locations", "tariffs", "sessions"):
        assert cpo.put(at(module, "X"), raw=raw).said == (200, 2001)
    assert cpo.post(at("cdrs", owner=()), raw=raw).said == (200, 2001)


@pytest.mark.parametrize("url", [
    "/ocpi/emsp/2.2.1/nonsense", "/ocpi/emsp/9.9", "/ocpi/emsp/2.0", "/ocpi/emsp/2.2.1/locations",
    "/ocpi/emsp/9.9/locations/IN/CPA/X", "/ocpi/emsp/2.2.1/locations/IN/CPA", "/ocpi/emsp/2.2.1/sessions/",
])
def test_unknown_addresses_are_404_in_an_envelope(cpo, url):
    assert cpo.get(url).said == (404, 2000)


@pytest.mark.parametrize(("method", "url"), [
    ("POST", at("locations", "L")), ("DELETE", at("locations", "L")), ("PATCH", at("tariffs", "T")),
    ("POST", at("tariffs", "T")), ("DELETE", at("sessions", "S")), ("POST", at("sessions", "S")),
    ("DELETE", at("tokens", owner=())), ("PUT", at("cdrs", owner=())), ("GET", at("cdrs", owner=())),
    ("PUT", at("cdrs", "5f0cc24d-9a3f-4b1e-8f2e-000000000000", owner=())), ("PATCH", VERSIONS),
    ("GET", at("commands", "START_SESSION", "callback", "x", owner=())), ("OPTIONS", at("locations", "L")),
])
def test_methods_that_do_not_exist_are_405(cpo, method, url):
    assert cpo.call(method, url, {}).said == (405, 2000)


def test_a_trailing_slash_makes_no_difference(cpo):
    assert cpo.put(at("locations", "LOC-1") + "/", location_body()).said == (201, 1000)
    plain, slashed = cpo.get(at("locations", "LOC-1")), cpo.get(at("locations", "LOC-1") + "/")

    assert plain.data == slashed.data
    assert cpo.put(at("locations", "LOC-1"), location_body()).said == (200, 1000)
    for url in (VERSIONS, "/ocpi/emsp/2.2.1", at("credentials", owner=()), at("tokens", owner=())):
        assert cpo.get(url).said == cpo.get(url + "/").said == (200, 1000)


def test_no_address_is_redirected(cpo):
    assert cpo.get("/ocpi/emsp").status == 404
    assert cpo.get("/ocpi/emsp/").said == (404, 2000)
    assert cpo.put("/ocpi/emsp/2.2.1/nonsense", {}).said == (404, 2000)


def test_a_query_that_django_refuses_is_400(cpo):
    assert cpo.get(f"{VERSIONS}?{'a=1&' * 2000}").said == (400, 2000)


def test_an_accept_header_for_html_still_gets_json(cpo):
    assert cpo.get(VERSIONS, Accept="text/html").said == (200, 1000)
    assert cpo.get(f"{VERSIONS}?format=api").said == (200, 1000)


def test_a_failure_of_ours_is_3000_without_internals(cpo, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("ocpi.selectors.location_object", broken)
    answer = cpo.get(at("locations", "LOC-1"), X_Request_ID="request-9")

    assert answer.said == (500, 3000)
    assert "secret" not in str(answer.body)
    assert answer.headers["X-Request-ID"] == "request-9"


def test_a_database_that_does_not_answer_is_503(cpo, monkeypatch):
    from django.db import OperationalError

    def broken(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr("ocpi.selectors.location_object", broken)
    answer = cpo.get(at("locations", "LOC-1"))

    assert answer.said == (503, 3000)
    assert answer.headers["Retry-After"] == "5"


def test_a_body_over_the_limit_is_413(cpo):
    assert cpo.put(at("locations", "LOC-1"), raw=b'{"a": "' + b"x" * 1_000_001 + b'"}').said == (413, 2000)


def test_the_sign_of_life_is_written_once_a_minute(cpo, django_assert_num_queries):
    cpo.get(VERSIONS)
    first = cpo.party.connection.__class__.objects.get().last_ok_at
    assert timezone.now() - first < timedelta(seconds=10)

    with django_assert_num_queries(1):
        cpo.get(VERSIONS)

    cpo.party.connection.__class__.objects.update(last_ok_at=timezone.now() - timedelta(seconds=61))
    with django_assert_num_queries(2):
        cpo.get(VERSIONS)


def test_parties_of_others_and_inactive_ones_are_404(cpo):
    CpoFactory(party_id="XYZ")
    CpoFactory(connection=cpo.party.connection, party_id="OFF", active=False)
    for owner in (("IN", "XYZ"), ("NL", "CPA"), ("IN", "OFF")):
        body = location_body(country_code=owner[0], party_id=owner[1])
        assert cpo.put(at("locations", "LOC-1", owner=owner), body).said == (404, 2001)
        assert cpo.get(at("locations", "LOC-1", owner=owner)).said == (404, 2001)
    assert not Location.objects.exists()


def test_a_hub_may_push_for_any_party(cpo):
    cpo.party.connection.is_hub = True
    cpo.party.connection.save()
    body = location_body(country_code="NL", party_id="TNM")

    assert cpo.get(at("locations", "LOC-1", owner=("NL", "TNM"))).said == (404, 2001)
    assert cpo.put(at("locations", "LOC-1", owner=("nl", "tnm")), body).said == (201, 1000)
    assert cpo.put(at("locations", "LOC-1", owner=("NL", "TNM")), body).said == (200, 1000)
    assert Location.objects.get().party.provider_id == f"nl-tnm-{cpo.party.connection.pk}"
