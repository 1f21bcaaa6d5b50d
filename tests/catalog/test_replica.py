"""Search reads on a replica that keeps up, on the primary where it is away or late; a real standby of the tests' server."""

import os
import pwd
import shutil
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from catalog import replica
from catalog.search import offers_near
from catalog.search_types import SearchWish
from tests.factories.catalog import ConnectorFactory, EvseFactory, LocationFactory, OfferFactory

PLACE = SearchWish(latitude=Decimal("28.6"), longitude=Decimal("77.2"))


def station():
    evse = EvseFactory(location=LocationFactory(latitude=Decimal("28.6"), longitude=Decimal("77.2")))
    return OfferFactory(connector=ConnectorFactory(evse=evse))


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("catalog.replica.monotonic", made)
    monkeypatch.setattr("emsp.core.memory.monotonic", made)
    return made


@pytest.fixture
def asked(monkeypatch):
    """The databases that searches were run on."""
    names = []
    found = replica.reading

    def reading(query):
        def noted(database):
            names.append(database)
            return query(database)

        return found(noted)

    monkeypatch.setattr("catalog.search.replica.reading", reading)
    return names


@pytest.fixture
def second(clock, monkeypatch):
    """The alias `replica`, leading to the test's own server unless told otherwise."""

    def ensure_connection(self):
        if self.connection is None:
            with self.wrap_database_errors:
                self.connect()

    monkeypatch.setattr(
        BaseDatabaseWrapper, "ensure_connection", ensure_connection
    )  # Django's tests know no new alias
    connections.settings["replica"] = connections.settings["default"] | {
        "NAME": connection.settings_dict["NAME"]
    }
    replica._pace.forget()
    replica._passed_by.clear()
    yield connections.settings["replica"]
    connections["replica"].close()
    del connections["replica"]
    del connections.settings["replica"]
    replica._pace.forget()


@pytest.mark.django_db
def test_without_a_replica_the_primary_is_read(asked):
    offer = station()

    assert [found.pk for found in offers_near(PLACE)] == [offer.pk]
    assert asked == ["default"]


@pytest.mark.django_db
def test_a_server_that_is_no_replica_is_not_read(asked, second):
    offer = station()

    assert [found.pk for found in offers_near(PLACE)] == [offer.pk]
    assert asked == ["default"]


@pytest.mark.django_db
def test_one_that_is_away_is_passed_by_for_five_seconds(asked, second, clock, monkeypatch):
    tries = []

    def away(database, sql):
        tries.append(database)
        raise OperationalError("away")

    monkeypatch.setattr("catalog.replica._number", away)
    offer = station()

    assert [found.pk for found in offers_near(PLACE)] == [offer.pk]
    assert [found.pk for found in offers_near(PLACE)] == [offer.pk]
    assert (asked, tries) == (["default", "default"], ["default"])
    clock.now += 5
    offers_near(PLACE)
    assert (asked, tries) == (["default"] * 3, ["default"] * 2)


@pytest.mark.django_db
def test_one_that_fails_in_the_middle_costs_no_search(asked, second, monkeypatch):
    monkeypatch.setattr("catalog.replica._number", lambda database, sql: 7)
    second["NAME"] = "nowhere"
    offer = station()

    assert [found.pk for found in offers_near(PLACE)] == [offer.pk]
    assert asked == ["replica", "default"]


@pytest.mark.django_db
def test_it_must_have_replayed_what_was_written_a_moment_ago(asked, second, settings, clock, monkeypatch):
    settings.REPLICA_LAG_S = 3
    positions = {"default": 100, "replica": 99}
    monkeypatch.setattr("catalog.replica._number", lambda database, sql: positions[database])
    read = replica.reading(lambda database: database)
    assert read == "default"  # 99 is less than 100, and how long ago 99 was written is not known

    clock.now, positions = clock.now + 1, {"default": 200, "replica": 150}
    assert replica.reading(lambda database: database) == "replica"  # all that was written a second ago
    clock.now, positions = clock.now + 1, {"default": 300, "replica": 150}
    assert replica.reading(lambda database: database) == "default"  # 200 was written a second ago
    clock.now, positions = clock.now + 60, {"default": 400, "replica": 399}
    assert replica.reading(lambda database: database) == "default"  # the last look was too long ago
    clock.now, positions = clock.now + 60, {"default": 400, "replica": 400}
    assert replica.reading(lambda database: database) == "replica"  # nothing was written


@pytest.fixture(scope="module")
def standby(django_db_setup):
    """A streaming replica of the tests' own server, made by pg_basebackup."""
    if (
        "host" not in configured.DATABASES["default"].get("OPTIONS", {})
        and "?host=" not in configured.DATABASE_URL
    ):
        pytest.skip("DATABASE_URL is a server elsewhere; a replica is made of the packaged one only")
    sockets = configured.DATABASE_URL.partition("host=")[2]
    from emsp.demo import embedded

    binaries = Path(embedded.postgresql_at(Path(sockets)).bin_path)
    owner = pwd.getpwuid(Path(sockets).stat().st_uid).pw_name if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="emsp-standby-"))
    if owner:
        shutil.chown(folder, owner)
    copy = [
        binaries / "pg_basebackup",
        "-h",
        sockets,
        "-U",
        "postgres",
        "-D",
        folder / "data",
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
    ]
    subprocess.run(copy, check=True, user=owner, capture_output=True)
    control = [binaries / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log"]
    start = ["-o", f"-c listen_addresses= -c unix_socket_directories={folder}", "start"]
    subprocess.run(
        [*control, *start], check=True, user=owner, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield folder
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, user=owner, stdout=subprocess.DEVNULL)
    shutil.rmtree(folder)


def caught_up():
    """Wait until the standby has replayed all; the server tells."""
    with connections["default"].cursor() as primary, connections["replica"].cursor() as other:
        primary.execute("SELECT pg_current_wal_lsn() - '0/0'")
        (written,) = primary.fetchone()
        while True:
            other.execute("SELECT pg_last_wal_replay_lsn() - '0/0'")
            if other.fetchone()[0] >= written:
                return


@pytest.mark.django_db(transaction=True)
def test_a_standby_is_read_and_one_whose_replay_is_paused_is_not(asked, second, standby, clock, settings):
    settings.REPLICA_LAG_S = 3
    second["OPTIONS"] = {"host": str(standby)}
    offer = station()
    caught_up()

    found = offers_near(PLACE)
    assert [each.pk for each in found] == [offer.pk]
    assert (asked, found[0].party._state.db) == (["replica"], "default")

    with connections["replica"].cursor() as cursor:
        cursor.execute("SELECT pg_wal_replay_pause()")
    other = station()
    clock.now += 1
    offers_near(PLACE)  # all of a second ago is there, and what is newer is not missed yet
    clock.now += 1
    assert [each.pk for each in offers_near(PLACE)] == [offer.pk, other.pk]
    assert asked[-1] == "default"
    with connections["replica"].cursor() as cursor:
        cursor.execute("SELECT pg_wal_replay_resume()")
    caught_up()
    clock.now += 1
    assert [each.pk for each in offers_near(PLACE)] == [offer.pk, other.pk]
    assert asked[-1] == "replica"
