"""The quick way of a status: it answers and leaves behind what the long way does, in one trip to the database."""

import json

import psycopg
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from catalog.models import Offer
from ocpi import pushers, throttling
from ocpi.models import Connection, Connector, Evse, IncomingToken, Location, ParkedObject, Party
from ocpi.receiver import quick_status
from ocpi.services import location_patches, locations
from tests.factories.ocpi import CpoFactory, IncomingTokenFactory, connector_body, evse_body, location_body
from tests.ocpi.conftest import TOKEN, Caller, at
from tests.redis_server import url_of

LOC, EVSE = at("locations", "LOC-1"), at("locations", "LOC-1", "EVSE-1")
EVSES = [
    evse_body(connectors=[connector_body(), connector_body(id="2", standard="CHADEMO")]),
    evse_body(uid="EVSE-2", evse_id="IN*CPA*E002"),
]
EARLIER, EQUAL, LATER, LAST = (f"2026-03-01T{clock}Z" for clock in ("07:59:59", "08:00:00", "09:00:00.250", "10:00:00"))
COUNTED = {  # columns that no news changes, or that tell when we wrote
    Location: {"id", "party_id", "seen_at"}, Evse: {"id", "location_id"}, Connector: {"id", "evse_id"},
    Offer: {"id", "offer_id", "fulfillment_id", "party_id", "location_id", "evse_id", "connector_id", "updated_at"},
    ParkedObject: {"id"},
}  # fmt: skip


def told(status="CHARGING", last_updated=LATER, **more):
    return {"status": status, "last_updated": last_updated, **more}


@pytest.fixture
def stored(cpo, woken):
    assert cpo.put(LOC, location_body(evses=EVSES)).said == (201, 1000)
    pushers.forget()
    return cpo


@pytest.fixture
def quick(monkeypatch):
    """What became of each status that came to the door: True, quickly stored."""
    found, door = [], quick_status.answer

    def answer(*args, **kwargs):
        made = door(*args, **kwargs)
        found.append(made is not None)
        return made

    monkeypatch.setattr(quick_status, "answer", answer)
    return found


def rows():
    """All that is stored, without what differs by itself."""
    return {
        model: [
            {name: value for name, value in row.items() if name not in left_out}
            for row in model.objects.order_by("pk").values()
        ]
        for model, left_out in COUNTED.items()
    }


STORIES = {
    "newer": [told()],
    "twice": [told(), told("BLOCKED")],
    "older": [told(), told("OUTOFORDER", EARLIER)],
    "equal": [told("RESERVED", EQUAL)],
    "the same status": [told("AVAILABLE"), told("AVAILABLE", LAST)],
    "written in another way": [told(" charging"), told("Out of order", LAST)],
    "a word of its own": [told("KAPUTT"), told("", LAST)],
    "without a zone": [told(last_updated="2026-03-01T09:00:00"), told("BLOCKED", "2026-03-01T08:59:59Z")],
    "an offset": [told(last_updated="2026-03-01T14:30:00+05:30"), told("BLOCKED", "2026-03-01T08:59:59Z"), told("BLOCKED")],
    "no colon in it": [told(last_updated="2026-03-01T14:30:00+0530"), told("BLOCKED", "2026-03-01T08:59:59Z")],
    "far away": [
        told(last_updated="2026-03-01T09:00:00-23:30"), told("BLOCKED", LAST), told("BLOCKED", "2026-03-03T00:00:00Z"),
    ],
    "seven digits": [told(last_updated="2026-03-01T09:00:00.1234567Z"), told("BLOCKED", "2026-03-01T09:00:00.123456Z")],
    "a comma": [told(last_updated="2026-03-01T09:00:00,5Z"), told("BLOCKED", LATER)],
    "seconds since 1970": [told(last_updated="1772355600"), told("BLOCKED", EARLIER), told("BLOCKED", 1772359200)],
    "no day": [told(last_updated="2026-02-30T09:00:00Z"), told(last_updated="soon"), told(last_updated=None)],
    "no date at all": [{"status": "CHARGING"}, {"last_updated": LATER}],
    "removed": [told("REMOVED"), told("AVAILABLE", EARLIER), told("AVAILABLE", LAST)],
    "planned": [told("PLANNED"), told("REMOVED", LAST)],
    "its uid too": [told(uid="evse-1"), told(uid="OTHER")],
    "something else too": [told(floor_level="-1")],
    "null": [told(None), told(physical_reference=None)],
    "a list of one": [[told()], [told(), told()]],
    "a number": [told(7), told(["CHARGING"])],
    "a NUL": [told("CHAR\x00GING"), told("\x00", LAST)],
    "another's": [told(party_id="XYZ"), told(country_code="in")],
    "no object": [[], "CHARGING", None],
}  # fmt: skip


def by_the_long_way(monkeypatch, do):
    with monkeypatch.context() as patch:
        patch.setattr(quick_status, "answer", lambda *args, **kwargs: None)
        patch.setattr(location_patches, "store_status", lambda *args, **kwargs: False)
        return outcome(do)


def outcome(do):
    """What is answered, and what is stored after each answer; all of it is undone."""
    with transaction.atomic():
        found = [(one.said, one.body["status_message"], sorted(one.headers), rows()) for one in do()]
        transaction.set_rollback(True)
    return found


def push(cpo, bodies, url=EVSE):
    return lambda: (cpo.patch(url, raw=json.dumps(body).encode()) for body in bodies)


@pytest.mark.parametrize("way", ["at the door", "in the service"])
@pytest.mark.parametrize("prepare", [
    lambda: None,
    lambda: Location.objects.update(gone_at=timezone.now()),
    lambda: Connection.objects.update(check_last_updated=False),
    lambda: Connection.objects.update(lenient_patch=True),
    lambda: Connection.objects.update(feed_adapter="power_in_kw"),
    lambda: locations.store_locations(
        Party.objects.get(), [location_body(publish=False, evses=EVSES, last_updated=LATER)], received_at=timezone.now()
    ),
    lambda: Evse.objects.update(last_updated="2026-03-01T11:00:00Z"),
], ids=["plain", "gone", "unordered", "lenient", "translated", "unpublished", "raised"])  # fmt: skip
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_both_ways_answer_and_store_the_same(stored, monkeypatch, way, prepare, story):
    prepare()
    moment = timezone.now()
    monkeypatch.setattr("ocpi.receiver.locations.timezone.now", lambda: moment)
    expected = by_the_long_way(monkeypatch, push(stored, story))
    if way == "in the service":
        monkeypatch.setattr(quick_status, "answer", lambda *args, **kwargs: None)
    pushers.forget()

    assert outcome(push(stored, story)) == expected


@pytest.mark.parametrize("url", [
    at("locations", "LOC-1", "NOPE"), at("locations", "NOPE", "EVSE-1"), at("locations", "loc-1", "evse-1"),
    f"{EVSE}/", f"{EVSE}//", f"{LOC}/", f"{EVSE}?a=b", f"{EVSE}?a=%00", at("locations", "LOC-1", "\x00"),
    at("locations", "LOC-1", "EVSE-1", owner=("in", "cpa")), at("locations", "LOC-1", "EVSE-1", owner=("IN", "XYZ")),
    at("locations", "LOC-1", "EVSE-1", owner=("IN", "CPß")), at("locations", "a/b", "EVSE-1"),
    at("locations", "LOC-1", "ẞ" * 300),
])  # fmt: skip
def test_both_ways_know_the_same_addresses(stored, monkeypatch, woken, url):
    woken.clear()
    expected = by_the_long_way(monkeypatch, push(stored, [told()], url))
    wanted, woken[:] = list(woken), []

    assert outcome(push(stored, [told()], url)) == expected
    assert woken == wanted


def test_a_party_is_not_named_by_letters_that_grow(stored):
    Party.objects.update(party_id="SSA")

    assert stored.patch(at("locations", "LOC-1", "EVSE-1", owner=("IN", "ßA")), told()).said == (404, 2001)


def test_the_answer_is_the_same_byte_for_byte(stored, monkeypatch, quick):
    moment = timezone.now()
    monkeypatch.setattr("ocpi.envelope.timezone.now", lambda: moment)
    sent = {
        "Authorization": f"Token {TOKEN}", "X-Request-ID": "r-1", "X-Correlation-ID": "c-1", "OCPI-from-party-id": "CPA",
        "OCPI-from-country-code": "IN", "OCPI-to-party-id": "EMS",
    }  # fmt: skip

    def answered():
        made = Client().generic("PATCH", EVSE, json.dumps(told()), "application/json", headers=sent)
        return made.status_code, made.content, dict(made.headers)

    short = answered()
    monkeypatch.setattr(quick_status, "answer", lambda *args, **kwargs: None)

    assert short == answered()
    assert short[2]["X-Request-ID"] == "r-1"
    assert short[2]["OCPI-to-party-id"] == "CPA"
    assert quick == [True]


def test_a_status_is_one_trip_and_its_peer_one_look_up_a_second(stored, quick, monkeypatch):
    IncomingToken.objects.update(first_used_at=timezone.now())
    Connection.objects.update(last_ok_at=timezone.now())
    executed, execute = [], psycopg.Cursor.execute

    def counted(cursor, query, *args, **kwargs):
        executed.append(str(query).split()[0])
        return execute(cursor, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    stored.patch(EVSE, told())
    first, executed[:] = list(executed), []
    stored.patch(EVSE, told("BLOCKED", LAST))

    assert quick == [True, True]
    assert first == ["select", "select", "with"]
    assert executed == ["select", "with"]


def test_offers_carry_the_status_at_once(stored):
    before = dict(Offer.objects.values_list("pk", "updated_at"))

    stored.patch(EVSE, told())

    found = Offer.objects.order_by("pk").values_list("evse__uid", "status", "listed")
    assert list(found) == [("EVSE-1", "CHARGING", True), ("EVSE-1", "CHARGING", True), ("EVSE-2", "AVAILABLE", True)]
    moved = {offer.pk for offer in Offer.objects.all() if offer.updated_at > before[offer.pk]}
    assert moved == set(Offer.objects.filter(evse__uid="EVSE-1").values_list("pk", flat=True))
    after = dict(Offer.objects.values_list("pk", "updated_at"))
    stored.patch(EVSE, told(last_updated=LAST))
    assert dict(Offer.objects.values_list("pk", "updated_at")) == after


@pytest.mark.parametrize("own", [
    "2026-03-01T08:00:00Z", "2026-03-01T08:00:00", "2026-03-01 08:00:00.5", "2026-03-01T08:00:00.1234567Z",
    "2026-03-01T13:30:00+05:30",
])  # fmt: skip
@pytest.mark.parametrize("way", ["door", "service"])
def test_what_is_usual_is_stored_quickly(stored, quick, monkeypatch, own, way):
    monkeypatch.setattr(location_patches, "_patch_evse", None)
    for evse in Evse.objects.filter(uid="EVSE-1"):
        Evse.objects.filter(pk=evse.pk).update(raw=evse.raw | {"last_updated": own})
    uid = {"uid": "EVSE-1"} if way == "service" else {}

    assert stored.patch(EVSE, told("BLOCKED", EARLIER, **uid)).said == (200, 1000)
    assert stored.patch(EVSE, told(**uid)).said == (200, 1000)

    found = Evse.objects.get(uid="EVSE-1")
    assert (found.status, found.raw["status"], found.raw["last_updated"]) == ("CHARGING", "CHARGING", LATER)
    assert quick == [way == "door"] * 2


def test_a_peer_is_seen_and_its_token_used(stored, quick):
    IncomingToken.objects.update(first_used_at=None)
    Connection.objects.update(last_ok_at=None)

    stored.patch(EVSE, told())

    assert quick == [True]
    assert IncomingToken.objects.get().first_used_at is not None
    assert Connection.objects.get().last_ok_at is not None


@pytest.mark.parametrize("revoke", [
    lambda: IncomingToken.objects.get().delete(),
    lambda: IncomingToken.objects.create(connection=Connection.objects.get(), token_hash="0" * 64, kind="LIVE"),
    lambda: Party.objects.get().save(),
    lambda: Connection.objects.get().save(),
])  # fmt: skip
def test_what_is_known_of_a_peer_is_forgotten_with_any_change(stored, revoke):
    stored.patch(EVSE, told())
    assert len(pushers._known._entries) == 1

    revoke()

    assert len(pushers._known._entries) == 0


def test_a_revoked_token_is_refused(stored):
    stored.patch(EVSE, told())
    IncomingToken.objects.get().delete()

    assert stored.patch(EVSE, told("BLOCKED", LAST)).said == (401, 2000)
    assert Evse.objects.get(uid="EVSE-1").status == "CHARGING"


@pytest.mark.parametrize(("change", "said"), [
    (lambda: IncomingToken.objects.update(kind="A"), (401, 2000)),
    (lambda: IncomingToken.objects.update(valid_until="2026-03-01T08:00:00Z"), (401, 2000)),
    (lambda: Party.objects.update(active=False), (404, 2001)),
    (lambda: IncomingTokenFactory(connection=CpoFactory(party_id="OTH").connection,
                                  text=Caller(TOKEN).token.encode().hex()), (200, 1000)),
])  # fmt: skip
def test_who_may_not_push_is_refused_as_ever(stored, change, said):
    change()

    assert stored.patch(EVSE, told()).said == said


def test_each_push_counts_once_whichever_way_it_goes(stored, redis_server, settings, monkeypatch, quick):
    redis_server.flushall()
    settings.REDIS_URL, settings.OCPI_RATE_PER_S = url_of(redis_server), 3
    monkeypatch.setattr("emsp.core.rates.time", lambda: 1_800_000_000.0)
    throttling._refused.clear()

    assert [stored.patch(EVSE, told("REMOVED", LATER)).said for _ in range(2)] == [(200, 1000)] * 2
    assert [stored.patch(EVSE, told("BLOCKED", EARLIER)).said for _ in range(2)] == [(200, 1000), (429, 2000)]
    assert quick == [False] * 4
