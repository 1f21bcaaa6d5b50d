"""manage.py ocpi_pull: what it reads, says and exits with (design.md §4, §8)."""

import io
import re

import pytest
from django.core.management import CommandError, call_command

from ocpi.management.commands import ocpi_pull
from ocpi.models import Location, SyncState
from ocpi.services import pulls
from ocpi.services.pulls import ModuleReport
from tests.ocpi.cpo import Listing, location, make_party, tariff

pytestmark = pytest.mark.django_db


@pytest.fixture
def party():
    return make_party("GreenCharge")


def lists(network, **objects):
    return {name: Listing(network, name, objects.get(name, [])) for name in pulls.MODULES}


def run(*arguments):
    out = io.StringIO()
    call_command("ocpi_pull", *arguments, stdout=out)
    return out.getvalue()


def test_everything_is_read_and_summed_up(network, party, capsys):
    bad = location("L3", coordinates=None)
    lists(network, tariffs=[tariff("T1")], locations=[location("L1"), location("L2"), bad])

    table = run("in-cpo", "--full")

    rows = [re.split(r"\s{2,}", line) for line in table.splitlines()]
    assert rows[0] == ["CPO", "module", "read", "pages", "objects", "stored", "parked", "gone", "seconds"]
    assert [row[:8] for row in rows[1:]] == [
        ["GreenCharge", "tariffs", "full", "1", "1", "1", "0", "0"],
        ["GreenCharge", "locations", "full", "2", "3", "2", "1", "0"],
        ["GreenCharge", "sessions", "full", "1", "0", "0", "0", "0"],
        ["GreenCharge", "cdrs", "full", "1", "0", "0", "0", "0"],
    ]
    assert all(re.fullmatch(r"\d+\.\d", row[8]) for row in rows[1:])
    assert "GreenCharge: locations, 2 of 3 objects\n" in capsys.readouterr().err


def test_the_second_time_only_changes_are_read(network, party):
    asked = lists(network, locations=[location("L1")])
    run()

    assert [line.split()[2] for line in run().splitlines()[1:]] == ["changes"] * 4
    assert [sorted(query) for query in asked["locations"].asked] == [["limit"], ["date_from", "limit"]]
    assert [line.split()[2] for line in run("--full").splitlines()[1:]] == ["full"] * 4


def test_a_module_that_is_not_offered_is_said_and_no_error(network, party):
    party.connection.endpoints = [row for row in party.connection.endpoints if row["identifier"] != "cdrs"]
    party.connection.save()
    lists(network)

    assert "not offered" in run("IN-CPO").splitlines()[4]


def test_a_module_that_fails_is_one_sentence_and_the_others_are_read(network, party, monkeypatch):
    monkeypatch.setattr(pulls.time, "sleep", lambda seconds: None)
    network.get("https://cpo.example/ocpi/cpo/2.2.1/tariffs", status=401)
    Listing(network, "locations", [location("L1")])
    Listing(network, "sessions", [])
    Listing(network, "cdrs", [])
    out = io.StringIO()

    with pytest.raises(CommandError) as caught:
        call_command("ocpi_pull", stdout=out)

    assert str(caught.value) == "GreenCharge: tariffs was not read to its end, HTTP 401"
    assert caught.value.returncode == 1
    assert out.getvalue().splitlines()[1].split()[2] == "failed"
    assert Location.objects.count() == 1


def test_a_pull_that_another_one_keeps_out_to_the_end_is_a_failure(network, party, monkeypatch):
    monkeypatch.setattr(ocpi_pull, "WAIT_FOR_OTHERS_S", 0.0)
    lists(network)
    pulls.Lease.take(party.connection, "cdrs")

    with pytest.raises(CommandError, match="cdrs could not be read, another pull of it did not end"):
        run()


def test_all_registered_peers_are_pulled_and_no_others(network, party):
    make_party("Closed", status="UNREGISTERED")
    make_party("Second", base="https://second.example", party_id="SEC")
    lists(network)
    for module in pulls.MODULES:
        Listing(network, module, [], base="https://second.example")

    assert {line.split()[0] for line in run().splitlines()[1:]} == {"GreenCharge", "Second"}
    assert {line.split()[0] for line in run("IN-SEC").splitlines()[1:]} == {"Second"}
    assert SyncState.objects.count() == 8


@pytest.mark.parametrize("name", ["IN-FAR", "CPO", "IN-", "XX-CPO"])
def test_an_unknown_party_is_one_sentence(party, name):
    with pytest.raises(CommandError, match=f"no registered CPO is called {name}"):
        run(name)


def test_without_any_peer_there_is_nothing_to_do(db):
    assert run() == "no CPO is registered\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_there_is_a_bar_for_each_module():
    screen = Terminal()
    progress = ocpi_pull.Progress("GreenCharge", screen)

    progress.show(ModuleReport(module="tariffs", objects=5, total=10))
    progress.show(ModuleReport(module="tariffs", objects=10, total=10))
    progress.show(ModuleReport(module="locations", objects=3))
    progress.close()

    text = screen.getvalue()
    assert "GreenCharge tariffs: 100%" in text
    assert "10/10" in text
    assert "GreenCharge locations: 3 objects" in text
