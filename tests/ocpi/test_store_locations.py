"""store_locations: a page of a pull. What cannot be read loses as little as possible, in a bounded number of queries."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from ocpi.models import Connector, Evse, Location, ParkedObject
from ocpi.services.locations import store_connector, store_evse, store_locations
from ocpi.services.parked import park
from tests.factories.ocpi import connector_body, evse_body, location_body

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def page(size, **changes):
    return [location_body(id=f"LOC-{number}", **changes) for number in range(size)]


def queries_of(party, objects, at=NOW):
    with CaptureQueriesContext(database, ) as captured:
        store_locations(party, objects, received_at=at)
    return [q["sql"] for q in captured.captured_queries if "catalog_" not in q["sql"]]


def test_a_page_is_stored_and_told_at_once(party, news):
    report = store_locations(party, page(3), received_at=NOW)

    assert report.stored_ids == ["LOC-0", "LOC-1", "LOC-2"]
    assert (report.created, report.ignored, report.rejected, report.partial) == (3, 0, [], [])
    assert report.newest_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert (Location.objects.count(), Evse.objects.count(), Connector.objects.count()) == (3, 3, 3)
    [(name, told)] = news
    assert name == "locations_added"
    for rows, model in zip(told["new"], (Location, Evse, Connector), strict=True):
        assert [row._asdict() for row in rows] == list(model.objects.order_by("pk").values())


@pytest.mark.parametrize("again", ["new", "same", "changed"])
def test_the_number_of_queries_does_not_grow_with_the_page(party, news, monkeypatch, again):
    for name in ("locations_added", "locations_stored"):
        monkeypatch.setattr(f"ocpi.signals.{name}.receivers", [])
    counts = []
    for size in (2, 100):
        Location.objects.all().delete()
        if again != "new":
            store_locations(party, page(size), received_at=NOW)
        changed = page(size, name="Changed", last_updated="2026-03-01T09:00:00Z") if again == "changed" else page(size)
        counts.append(len(queries_of(party, changed)))

    assert counts[0] == counts[1] <= 12


def test_nothing_new_writes_only_that_it_was_seen(party, news):
    store_locations(party, page(2), received_at=NOW)
    news.clear()

    statements = queries_of(party, page(2), NOW + timedelta(hours=1))

    assert [sql.split()[0] for sql in statements if sql.split()[0] not in ("SAVEPOINT", "RELEASE")] == [
        "SELECT", "SELECT", "SELECT", "UPDATE"
    ]
    assert set(Location.objects.values_list("seen_at", flat=True)) == {NOW + timedelta(hours=1)}
    assert news == []


def test_one_bad_location_does_not_lose_the_page(party):
    bad = location_body(id="BAD", coordinates=None)

    report = store_locations(
        party, [page(1)[0], bad, "nonsense", None, location_body(party_id="XYZ")], received_at=NOW
    )

    assert report.stored_ids == ["LOC-0"]
    assert [tuple(refusal) for refusal in report.rejected] == [
        ("BAD", "required, but missing", "coordinates"),
        ("", "an object is expected, got text", ""),
        ("", "an object is expected, got null", ""),
        ("LOC-1", "differs from the owner's, CPA", "party_id"),
    ]


def test_one_bad_evse_does_not_lose_its_location_nor_one_bad_connector_its_evse(party):
    good, bad = connector_body(), connector_body(id="2", max_voltage=None)
    body = location_body(evses=[
        evse_body(uid="A", connectors=[good, bad]), evse_body(uid="B", status=None),
        evse_body(uid="C", connectors=[bad]), evse_body(uid="D", connectors=[]),
    ])

    report = store_locations(party, [body], received_at=NOW)

    assert report.stored_ids == ["LOC-1"]
    assert [(refusal.ocpi_id, refusal.path) for refusal in report.partial] == [
        ("LOC-1", "evses[0].connectors[1].max_voltage"), ("LOC-1", "evses[1].status"),
        ("LOC-1", "evses[2].connectors[0].max_voltage"), ("LOC-1", "evses[3].connectors"),
    ]
    assert list(Evse.objects.values_list("uid", flat=True)) == ["A", "C"]
    assert list(Connector.objects.values_list("evse__uid", "ocpi_id")) == [("A", "1")]


@pytest.mark.parametrize("uid", ["evse-1", None])
def test_what_comes_in_a_form_that_cannot_be_read_is_not_removed(party, uid):
    store_locations(party, [location_body()], received_at=NOW)
    later = {"last_updated": "2026-03-01T09:00:00Z"}
    broken = {"uid": uid, "status": ["AVAILABLE"]} | later
    store_locations(party, [location_body(evses=[broken], **later)], received_at=NOW + timedelta(hours=1))
    assert Evse.objects.get().status == "AVAILABLE"

    later = {"last_updated": "2026-03-01T10:00:00Z"}
    bare = evse_body(connectors=[{"id": uid and "1"}, connector_body(id="2")], **later)
    store_locations(party, [location_body(evses=[bare], **later)], received_at=NOW + timedelta(hours=2))
    assert dict(Connector.objects.values_list("ocpi_id", "removed")) == {"1": False, "2": False}


def test_a_refused_location_that_is_known_counts_as_seen(party):
    store_locations(party, [location_body()], received_at=NOW)

    store_locations(party, [location_body(coordinates=None)], received_at=NOW + timedelta(days=1))

    assert Location.objects.get().seen_at == NOW + timedelta(days=1)


def test_a_location_twice_on_a_page_is_stored_once_as_the_newer(party):
    newer = location_body(id="loc-1", name="Newer", last_updated="2026-03-01T09:00:00Z")

    report = store_locations(party, [newer, location_body()], received_at=NOW)

    assert report.created == 1
    assert Location.objects.get().name == "Newer"


def test_a_location_in_parts_within_one_crawl_is_united(party):
    store_locations(party, [location_body(evses=[evse_body(uid="A")])], received_at=NOW)
    store_locations(party, [location_body(evses=[evse_body(uid="B")])], received_at=NOW)
    assert set(Evse.objects.values_list("uid", "status")) == {("A", "AVAILABLE"), ("B", "AVAILABLE")}

    store_locations(party, [location_body(evses=[evse_body(uid="B")])], received_at=NOW + timedelta(days=1))
    assert set(Evse.objects.values_list("uid", "status")) == {("A", "REMOVED"), ("B", "AVAILABLE")}


def test_older_news_are_ignored_per_level(party):
    store_locations(party, [location_body()], received_at=NOW)
    older = location_body(
        name="Old", last_updated="2026-02-01T00:00:00Z",
        evses=[evse_body(status="CHARGING", last_updated="2026-03-01T09:00:00Z"), evse_body(uid="NEVER-SEEN")],
    )

    report = store_locations(party, [older], received_at=NOW)

    assert (report.ignored, report.stored_ids) == (0, ["LOC-1"])
    assert (Location.objects.get().name, Evse.objects.get().status) == ("Connaught Place", "CHARGING")
    assert store_locations(party, [older], received_at=NOW).ignored == 1


def test_an_old_picture_does_not_bring_back_what_was_removed(party):
    store_locations(party, [location_body()], received_at=NOW)
    later = location_body(evses=[], last_updated="2026-03-01T10:00:00Z")
    store_locations(party, [later], received_at=NOW + timedelta(hours=1))
    assert Evse.objects.get().status == "REMOVED"

    store_locations(party, [location_body()], received_at=NOW + timedelta(hours=2))
    assert Evse.objects.get().status == "REMOVED"
    store_locations(
        party, [location_body(last_updated="2026-03-01T10:00:00Z")], received_at=NOW + timedelta(hours=3)
    )
    assert Evse.objects.get().status == "AVAILABLE"


def test_a_page_taken_before_a_push_does_not_undo_it(party):
    store_locations(party, [location_body()], received_at=NOW)
    later = "2026-03-01T09:00:00Z"
    store_evse(party, "LOC-1", "NEW", evse_body(uid="NEW", last_updated=later), received_at=NOW)
    store_connector(party, "LOC-1", "NEW", "2", connector_body(id="2", last_updated=later), received_at=NOW)
    before = set(Connector.objects.values_list("evse__uid", "ocpi_id", "removed", "evse__status"))

    store_locations(party, [location_body()], received_at=NOW + timedelta(hours=1))
    store_evse(party, "LOC-1", "NEW", evse_body(uid="NEW"), received_at=NOW + timedelta(hours=1))
    assert set(Connector.objects.values_list("evse__uid", "ocpi_id", "removed", "evse__status")) == before

    store_locations(party, [location_body(last_updated=later)], received_at=NOW + timedelta(hours=2))
    assert Evse.objects.get(uid="NEW").status == "REMOVED"


def test_a_peer_that_does_not_raise_the_locations_moment_can_remove_evses_too(party):
    newer = "2026-03-01T09:00:00Z"
    both = [evse_body(last_updated=newer), evse_body(uid="TWO", last_updated=newer)]
    store_locations(party, [location_body(evses=both)], received_at=NOW)

    store_locations(party, [location_body(evses=both[:1])], received_at=NOW + timedelta(hours=1))

    assert dict(Evse.objects.values_list("uid", "status")) == {"EVSE-1": "AVAILABLE", "TWO": "REMOVED"}


def test_the_order_can_be_left_unchecked(party):
    store_locations(party, [location_body()], received_at=NOW)

    older = location_body(name="Old", last_updated="2026-02-01T00:00:00Z")
    store_locations(party, [older], received_at=NOW, check_order=False)

    assert Location.objects.get().name == "Old"


def test_two_cpos_with_the_same_ids_keep_apart(party):
    from tests.factories.ocpi import CpoFactory

    store_locations(party, [location_body()], received_at=NOW)
    store_locations(CpoFactory(), [location_body(name="Other")], received_at=NOW)

    assert set(Location.objects.values_list("name", flat=True)) == {"Connaught Place", "Other"}
    assert Evse.objects.count() == 2


def test_what_was_refused_is_parked_until_it_comes_well(party):
    objects = [location_body(), location_body(id="BAD", coordinates=None)]
    objects[0]["evses"].append({"uid": "X"})
    report = store_locations(party, objects, received_at=NOW)

    assert park(party.connection, "locations", objects, report, at=NOW) == 2
    assert park(party.connection, "locations", objects, report, at=NOW) == 2

    kept = {row.ocpi_id: row for row in ParkedObject.objects.all()}
    assert kept["BAD"].reason == "coordinates: required, but missing"
    assert kept["BAD"].raw == objects[1]
    assert kept["LOC-1"].reason == "evses[1].status: required, but missing"
    well = [location_body(id="BAD")]
    report = store_locations(party, well, received_at=NOW)
    assert park(party.connection, "locations", well, report, at=NOW + timedelta(hours=1)) == 0
    assert ParkedObject.objects.get(ocpi_id="BAD").resolved_at == NOW + timedelta(hours=1)
    assert ParkedObject.objects.get(ocpi_id="LOC-1").resolved_at is None


def test_in_a_new_location_what_is_below_raises_what_is_above_and_keeps_its_place(party):
    plugs = [connector_body(id="2", last_updated="2026-03-01T10:00:00Z"), connector_body(id="1")]
    store_locations(
        party, page(1, evses=[evse_body(uid="B"), evse_body(uid="A", connectors=plugs)]), received_at=NOW
    )

    eight, ten = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (8, 10))
    assert Location.objects.get().last_updated == ten
    assert list(Evse.objects.values_list("uid", "position", "last_updated")) == [("B", 0, eight), ("A", 1, ten)]
    assert list(Connector.objects.filter(evse__uid="A").values_list("ocpi_id", "position", "last_updated")) == [
        ("2", 0, ten), ("1", 1, eight),
    ]
