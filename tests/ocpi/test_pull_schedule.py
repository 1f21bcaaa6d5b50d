"""Which peers are pulled when, and what wakes a pull (design.md §2, ocpi.md 1.9)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ocpi import tasks
from ocpi.models import SyncState
from ocpi.services import pull_objects, pull_schedule, pulls
from tests.ocpi.cpo import make_party

pytestmark = pytest.mark.django_db
MODULES = ("tariffs", "locations", "sessions", "cdrs")


@pytest.fixture(autouse=True)
def intervals(settings):
    settings.OCPI_PULL_EVERY_S = 300
    settings.OCPI_FULL_PULL_EVERY_S = 3600


@pytest.fixture
def woken(monkeypatch):
    """Wake-ups as (task, arguments)."""
    calls = []
    for module in (pulls, pull_objects):
        monkeypatch.setattr(module, "wake", lambda task, *args: calls.append((task.name, args)))
    return calls


@pytest.fixture
def connection():
    """A peer of which nothing is due."""
    connection = make_party().connection
    for module in MODULES:
        SyncState.objects.create(connection=connection, module=module, full_wanted=False, **ran(10))
    return connection


def ran(seconds):
    moment = timezone.now() - timedelta(seconds=seconds)
    return {"last_run_at": moment, "last_full_at": moment}


def change_locations(changes):
    changes = ran(changes["ran"]) if "ran" in changes else changes
    SyncState.objects.filter(module="locations").update(**changes)


def due(connection):
    return pull_schedule.due_modules(connection, MODULES)


def test_nothing_is_due_right_after_a_pull(connection, woken):
    assert due(connection) == []

    tasks.pull_due()

    assert woken == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"last_run_at": None}, ["locations"]),
        ({"ran": 240}, []),
        ({"ran": 301}, ["locations"]),
        ({"full_wanted": True}, ["locations"]),
        ({"error": "HTTP 500", "last_full_at": None}, []),
    ],
)
def test_a_module_is_due_when_its_time_has_come_or_somebody_wants_it(connection, woken, change, expected):
    change_locations(change)

    assert due(connection) == expected
    tasks.pull_due()
    assert woken == ([("ocpi.tasks.pull_connection", (connection.pk, True))] if expected else [])


def test_a_new_peer_is_due_in_all_its_modules_in_order(woken):
    connection = make_party().connection

    assert due(connection) == ["tariffs", "locations", "sessions", "cdrs"]


def test_a_peer_that_is_pulled_or_not_registered_is_not_woken_for(connection, woken):
    other = make_party("OTHER", status="INVITED").connection
    SyncState.objects.filter(module="cdrs").update(running_until=timezone.now() + timedelta(seconds=60))
    SyncState.objects.filter(module="locations").update(last_run_at=None)

    tasks.pull_due()

    assert due(other) == list(MODULES)
    assert woken == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"full_wanted": True}, True),
        ({"last_full_at": None}, True),
        ({"ran": 3500}, False),
        ({"ran": 3601}, True),
    ],
)
def test_a_full_pull_comes_when_wanted_never_done_or_long_ago(connection, change, expected):
    change_locations(change)

    assert pull_schedule.wants_full(SyncState.objects.get(module="locations")) is expected


def test_staff_can_have_a_peer_pulled(connection, woken):
    pulls.request_pull(connection)
    assert due(connection) == []
    pulls.request_pull(connection, full=True)

    assert due(connection) == list(MODULES)
    assert woken == [("ocpi.tasks.pull_connection", (connection.pk,))] * 2


def test_a_pull_task_reads_all_modules_or_the_due_ones(connection, monkeypatch):
    asked = []

    def pull(connection, modules=MODULES, *, insist=False):
        asked.append((connection.pk, list(modules)))

    monkeypatch.setattr(pulls, "pull_connection", pull)
    SyncState.objects.filter(module="sessions").update(last_run_at=None)

    tasks.pull_connection(connection.pk)
    tasks.pull_connection(connection.pk, True)
    tasks.pull_connection(0)

    assert asked == [(connection.pk, list(MODULES)), (connection.pk, ["sessions"])]


def test_pulls_have_a_queue_of_their_own(settings):
    from emsp.celery import app

    def queue(task):
        return app.amqp.router.route({}, task.name)["queue"].name

    assert {queue(task) for task in (tasks.pull_due, tasks.pull_connection, tasks.pull_module)} == {"pulls"}
    others = (tasks.dispatch_commands, tasks.sweep_commands, tasks.fetch_location, tasks.fetch_session)
    assert {queue(task) for task in others} == {"ocpi"}
