"""Whatever stands in whatever member: never a failure of ours, never anything stored from a refusal."""

import json
from copy import deepcopy
from datetime import UTC, datetime

import pytest

from emsp.core.wire import load_json
from ocpi.models import Evse
from ocpi.services.cdrs import store_cdrs
from ocpi.services.locations import store_locations
from ocpi.services.parked import park
from ocpi.services.sessions import store_sessions
from ocpi.services.tariffs import store_tariffs
from tests.factories.ocpi import cdr_body, connector_body, evse_body, location_body, session_body, tariff_body
from tests.ocpi.conftest import at

VALUES = [
    None, "", " ", "\x00", "x" * 3000, "😀<b>\u202e", 0, -1, 2**31, 10**30, 1e-30, True, [], {}, [[]], [None], {"a": {}},
    [{}], "1e400", "NaN", "Infinity", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0000-00-00T00:00:00Z",
    99999999999999, "2026-03-01T09:00:00Z", ["x"], "None",
]
NOW = datetime(2026, 3, 2, tzinfo=UTC)
STORES = {
    "locations": (store_locations, location_body), "tariffs": (store_tariffs, tariff_body),
    "sessions": (store_sessions, session_body), "cdrs": (store_cdrs, cdr_body),
}


def paths(value, path=()):
    """Every member of an object, at every depth."""
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, name)
            yield from paths(inner, (*path, name))


def replaced(body, path, value):
    changed = deepcopy(body)
    target = changed
    for name in path[:-1]:
        target = target[name]
    target[path[-1]] = value
    return changed


@pytest.mark.parametrize("module", STORES)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_any_value_in_any_member_is_stored_or_refused(party, woken, module, value):
    store, make = STORES[module]
    objects = [replaced(make(id=f"X-{n}"), path, value) for n, path in enumerate(paths(make()))]
    as_received = load_json(json.dumps(objects).encode())

    report = store(party, as_received, received_at=NOW)
    again = store(party, as_received, received_at=NOW)

    assert len(report.stored_ids) + len(report.rejected) == len(objects) > 10
    assert report.created == len(report.stored_ids)
    assert (again.created, again.stored_ids, again.rejected) == (0, report.stored_ids, report.rejected)
    assert park(party.connection, module, as_received, report, at=NOW) <= len(objects)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_any_value_in_a_patch_is_taken_or_refused(cpo, woken, value):
    cpo.put(at("locations", "LOC-1"), location_body())
    cpo.put(at("sessions", "S-1"), session_body())
    targets = [
        (at("locations", "LOC-1", "EVSE-1", "1"), connector_body()),
        (at("locations", "LOC-1", "EVSE-1"), evse_body()),
        (at("locations", "LOC-1"), location_body()),
        (at("sessions", "S-1"), session_body() | {"charging_periods": [], "end_date_time": ""}),
    ]
    for url, members in targets:
        for name in members:
            patch = {"last_updated": "2026-03-02T09:00:00Z", name: value}
            answer = cpo.patch(url, raw=json.dumps(patch).encode())

            assert answer.said in ((200, 1000), (200, 2001)), (name, answer.body)
            assert cpo.get(url).status == 200
    assert Evse.objects.exists()


@pytest.mark.parametrize("raw", [
    b"[" * 100_000, b'{"a":' * 50_000, b'"\xed\xa0\x80"', b'{"id": "\\ud800"}', b"1e999999999", b"-", b"nul",
    b'{"id": 1}{"id": 2}', b"\xef\xbb\xbf{}",
], ids=range(9))
def test_broken_json_is_refused(cpo, raw):
    answer = cpo.put(at("locations", "LOC-1"), raw=raw)

    assert answer.status in (200, 400)
    assert answer.code == 2001


@pytest.mark.parametrize("url", [
    at("locations", "x" * 5000), at("locations", "a/" * 300), at("locations", "\x00"), at("tariffs", "\x00"),
    at("sessions", "\x00"), at("locations", "LOC-1", "\x00", "\x00"), at("tokens", "\x00", "authorize", owner=()),
    at("commands", "X", "callback", "\x00", owner=()), at("locations", "L", owner=("\x00", "\x00")),
    at("cdrs", "\x00", owner=()), at("locations", "a\nb"), "/ocpi/emsp/2.2.1/locations/IN/CPA/%FF%FE",
    at("tokens", owner=()) + "?date_from=%00", at("tokens", "t", "authorize", owner=()) + "?type=%00",
])
def test_odd_addresses_never_fail(cpo, url):
    for method in ("GET", "PUT", "PATCH", "POST", "DELETE"):
        answer = cpo.call(method, url, {"last_updated": "2026-03-02T09:00:00Z", "result": "ACCEPTED"})
        assert answer.status < 500, (method, answer.body)
