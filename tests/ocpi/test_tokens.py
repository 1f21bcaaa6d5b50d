"""Our tokens as CPOs list them and ask about them (ocpi.md §7, rows 66-76)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.utils import timezone

from ocpi.models import Authorization, Token
from ocpi.services.tokens import driver_token, token_object
from tests.factories.ocpi import CpoFactory, TokenFactory, location_body
from tests.ocpi.conftest import at
from tests.races import at_once

URL = at("tokens", owner=())
PLACE = {"location_id": "LOC-1", "evse_uids": ["EVSE-1"]}


def five(start=datetime(2026, 3, 1, 9, tzinfo=UTC)):
    return [
        TokenFactory(uid=f"TOKEN{n}", last_updated=start + timedelta(minutes=n)) for n in range(5)
    ]


def authorize(uid):
    return at("tokens", uid, "authorize", owner=())


def uids(answer):
    assert answer.said == (200, 1000)
    return [token["uid"] for token in answer.data]


def test_a_page_tells_how_many_there_are_and_where_the_next_one_is(cpo, settings):
    settings.ALLOWED_HOSTS = ["*"]
    five()

    answer = cpo.get(f"{URL}?limit=2&date_from=2020-01-01T00:00:00%2B00:00&x=a%26b", Host="internal.example")

    assert uids(answer) == ["TOKEN0", "TOKEN1"]
    assert (answer.headers["X-Total-Count"], answer.headers["X-Limit"]) == ("5", "1000")
    link, _, relation = answer.headers["Link"].partition(">; ")
    assert relation == 'rel="next"'
    assert link.startswith(f"<{settings.BASE_URL}/ocpi/emsp/2.2.1/tokens?")
    assert parse_qs(urlsplit(link[1:]).query) == {
        "limit": ["2"], "offset": ["2"], "date_from": ["2020-01-01T00:00:00+00:00"], "x": ["a&b"],
    }


def test_the_links_lead_to_every_token_once(cpo):
    five()
    url, seen = f"{URL}?limit=2", []
    while url:
        answer = cpo.get(url)
        seen += uids(answer)
        link = answer.headers.get("Link")
        assert link != ""
        url = link[1:link.index(">")].removeprefix("http://testserver") if link else None

    assert seen == [f"TOKEN{n}" for n in range(5)]


def test_an_empty_list_has_its_headers_too(cpo):
    answer = cpo.get(URL)

    assert uids(answer) == []
    assert (answer.headers["X-Total-Count"], answer.headers["X-Limit"]) == ("0", "1000")
    assert "Link" not in answer.headers


def test_date_from_is_inclusive_and_date_to_exclusive(cpo):
    five()

    assert uids(cpo.get(f"{URL}?date_from=2026-03-01T09:03:00Z")) == ["TOKEN3", "TOKEN4"]
    assert uids(cpo.get(f"{URL}?date_to=2026-03-01T09:03:00Z")) == ["TOKEN0", "TOKEN1", "TOKEN2"]
    between = "date_from=2026-03-01T09:01:00.000Z&date_to=2026-03-01T09:02:00"
    assert uids(cpo.get(f"{URL}?{between}")) == ["TOKEN1"]
    assert uids(cpo.get(f"{URL}?date_from=2026-03-01T09:04:00+00:00")) == ["TOKEN4"]  # the plus became a blank
    assert uids(cpo.get(f"{URL}?date_from=")) == [f"TOKEN{n}" for n in range(5)]


def test_a_token_is_found_by_its_own_last_updated(cpo):
    token = driver_token("somebody")
    stamp = cpo.get(URL).data[0]["last_updated"]

    assert uids(cpo.get(f"{URL}?date_from={stamp}")) == [token.uid]
    assert uids(cpo.get(f"{URL}?date_to={stamp}")) == []


@pytest.mark.parametrize(("query", "name"), [
    ("limit=0", "limit"), ("limit=-1", "limit"), ("limit=x", "limit"), ("limit=1.5", "limit"), ("limit=%D9%A1", "limit"),
    ("offset=-1", "offset"), ("offset=x", "offset"), ("date_from=abc", "date_from"), ("date_to=abc", "date_to"),
    ("date_from=2026-13-01T00:00:00Z", "date_from"),
])
def test_wrong_parameters_are_2001_naming_one(cpo, query, name):
    answer = cpo.get(f"{URL}?{query}")

    assert answer.said == (200, 2001)
    assert answer.body["status_message"].startswith(f"{name}: ")
    assert "data" not in answer.body


def test_a_limit_above_ours_is_lowered_and_an_offset_beyond_the_end_is_empty(cpo, monkeypatch):
    five()
    monkeypatch.setattr("ocpi.services.token_answers.MOST_PER_PAGE", 3)

    answer = cpo.get(f"{URL}?limit=99999999999999999999999")
    assert uids(answer) == ["TOKEN0", "TOKEN1", "TOKEN2"]
    assert "limit=3" in answer.headers["Link"]
    assert uids(cpo.get(f"{URL}?offset=99999999999999999999999")) == []


def test_the_object_has_every_field_of_2_2_1(cpo, settings):
    token = driver_token("somebody")

    assert cpo.get(URL).data == [token_object(token)] == [{
        "country_code": "IN", "party_id": "EMS", "uid": token.uid, "type": "APP_USER",
        "contract_id": token.contract_id, "issuer": settings.OCPI_BUSINESS_NAME, "valid": True,
        "whitelist": "NEVER", "language": "en",
        "last_updated": token.last_updated.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }]


def test_a_driver_keeps_one_token_and_nobody_gets_a_new_one_each_time(db):
    mine, again, other = driver_token("me"), driver_token("me"), driver_token("you")
    nobody, nobody_else = driver_token(None), driver_token("")

    assert mine == again
    assert len({mine.pk, other.pk, nobody.pk, nobody_else.pk}) == 4
    assert len(mine.uid) == 20
    assert mine.uid.isascii() and mine.uid.isalnum() and mine.uid == mine.uid.upper()
    assert mine.contract_id.startswith("IN-EMS-C") and len(mine.contract_id) == 16
    assert mine.last_updated.microsecond == 0


@pytest.mark.django_db(transaction=True)
def test_two_requests_of_one_driver_at_once_get_the_same_token():
    found = at_once(*[lambda: driver_token("me").pk] * 4)

    assert len(set(found)) == Token.objects.count() == 1


def test_a_valid_token_is_allowed_with_its_place_and_a_reference(cpo):
    TokenFactory(uid="A1B2C3D4E5F60718")
    cpo.put(at("locations", "LOC-1"), location_body())

    answer = cpo.post(f"{authorize('A1B2C3D4E5F60718')}?type=APP_USER", PLACE)

    assert answer.said == (200, 1000)
    assert (answer.data["allowed"], answer.data["location"]) == ("ALLOWED", PLACE)
    assert answer.data["token"] == token_object(Token.objects.get())
    assert "info" not in answer.data
    kept = Authorization.objects.get()
    assert answer.data["authorization_reference"] == kept.reference == str(UUID(kept.reference))
    assert (kept.party, kept.location_id) == (cpo.party, "LOC-1")
    assert timedelta(hours=23) < kept.expires_at - timezone.now() <= timedelta(hours=24)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"location_id": "NEVER-HEARD-OF"}'])
def test_an_unknown_or_missing_place_is_no_reason_to_refuse(cpo, body):
    TokenFactory(uid="APP1")

    assert cpo.post(f"{authorize('APP1')}?type=app_user", raw=body).data["allowed"] == "ALLOWED"


@pytest.mark.parametrize(("uid", "query"), [
    ("04AABBCCDDEEFF", ""), ("04AABBCCDDEEFF", "?type=RFID"), ("APP1", "?type=RFID"), ("APP1", ""),
    ("RFID1", "?type=APP_USER"), ("RFID1", "?type=NONSENSE"),
])
def test_an_unknown_token_or_the_wrong_type_is_404_and_2004_without_data(cpo, uid, query):
    TokenFactory(uid="APP1")
    TokenFactory(uid="RFID1", type="RFID")

    answer = cpo.post(authorize(uid) + query, PLACE)

    assert answer.said == (404, 2004)
    assert "data" not in answer.body
    assert not Authorization.objects.exists()


@pytest.mark.parametrize("asked", ["04aabbccddeeff", " 04AABBCCDDEEFF ", "4AABBCCDDEEFF", "0004AABBCCDDEEFF"])
def test_an_rfid_uid_is_known_in_any_case_and_with_other_leading_zeros(cpo, asked):
    TokenFactory(uid="04AABBCCDDEEFF", type="RFID")

    for url in (authorize(asked), authorize(asked) + "/"):
        assert cpo.post(url, raw=b"").data["token"]["uid"] == "04AABBCCDDEEFF"


def test_a_blocked_token_is_told_so(cpo):
    TokenFactory(uid="APP1", valid=False)

    answer = cpo.post(f"{authorize('APP1')}?type=APP_USER", PLACE)

    assert answer.said == (200, 1000)
    assert answer.data["allowed"] == "BLOCKED"
    assert answer.data["info"] == {"language": "en", "text": "This contract is blocked."}
    assert "authorization_reference" not in answer.data
    assert answer.data["location"] == PLACE
    assert not Authorization.objects.exists()


def test_an_operator_that_is_switched_off_is_not_covered(cpo):
    TokenFactory(uid="APP1")
    cpo.put(at("locations", "LOC-1"), location_body())
    CpoFactory(connection=cpo.party.connection, party_id="TWO")
    type(cpo.party).objects.filter(pk=cpo.party.pk).update(active=False)

    answer = cpo.post(f"{authorize('APP1')}?type=APP_USER", PLACE)

    assert (answer.data["allowed"], answer.data["info"]["text"]) == (
        "NOT_ALLOWED", "Charging at this operator is not covered."
    )


def test_a_place_without_its_location_is_2001_and_a_broken_body_400(cpo):
    TokenFactory(uid="APP1")

    answer = cpo.post(f"{authorize('APP1')}?type=APP_USER", {"evse_uids": ["EVSE-1"]})
    assert answer.said == (200, 2001)
    assert answer.body["status_message"] == "location_id: required, but missing"
    assert cpo.post(f"{authorize('APP1')}?type=APP_USER", raw=b"{").said == (400, 2001)
