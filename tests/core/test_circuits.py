"""A circuit: closed, open after failures in a row, one probe after a pause that grows, closed by an answer."""

from datetime import UTC, datetime, timedelta

import pytest

from emsp.core import circuits
from emsp.core.checks import check_settings
from emsp.core.circuits import Partner, Way
from emsp.core.models import Circuit, PartnerKind
from tests.races import at_once

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CPO = Partner(PartnerKind.CPO, "7", "Far CPO")


class Clock:
    def __init__(self):
        self.now = AT

    def pass_s(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch, settings):
    settings.CIRCUIT_OPENS_AFTER, settings.CIRCUIT_FIRST_PAUSE_S, settings.CIRCUIT_LONGEST_PAUSE_S = 3, 2, 7
    made = Clock()
    monkeypatch.setattr(circuits.timezone, "now", lambda: made.now)
    return made


def fail(times=1, *, probe=False):
    return [circuits.failed(CPO, "no answer in time", probe=probe) for _ in range(times)]


def enter():
    return circuits.enter(CPO, for_s=60)


@pytest.mark.django_db
def test_a_partner_that_was_sound_a_moment_ago_is_left_alone_as_soon_as_it_fails(clock):
    assert enter() == Way.FREE

    fail(3)

    assert enter() == Way.SHUT


@pytest.mark.django_db
class TestCircuit:
    def test_it_opens_after_so_many_failures_in_a_row(self, clock):
        assert fail(2) == [False, False]
        circuits.answered(CPO)
        assert fail(2) == [False, False]
        assert enter() == Way.FREE

        assert fail() == [True]

        assert (enter(), circuits.is_shut(CPO)) == (Way.SHUT, True)
        row = circuits.of(CPO)
        assert (row.kind, row.partner, row.name, row.failures) == ("CPO", "7", "Far CPO", 3)
        assert (row.opened_at, row.probe_at, row.pause_s) == (AT, AT + timedelta(seconds=2), 2)
        assert (row.last_failure_at, row.last_failure) == (AT, "no answer in time")

    def test_one_partner_costs_another_nothing(self, clock):
        fail(3)
        assert circuits.enter(Partner(PartnerKind.BAP, "7", "an app"), for_s=60) == Way.FREE
        assert circuits.enter(Partner(PartnerKind.CPO, "8", "another"), for_s=60) == Way.FREE
        assert list(circuits.shut(PartnerKind.BAP)) == []
        assert [row.partner for row in circuits.shut(PartnerKind.CPO)] == ["7"]

    def test_after_the_pause_one_call_is_the_probe(self, clock):
        fail(3)
        clock.pass_s(2)

        assert not circuits.is_shut(CPO)
        assert [row.partner for row in circuits.due(PartnerKind.CPO)] == ["7"]
        assert [enter(), enter()] == [Way.PROBE, Way.SHUT]

    def test_a_probe_that_nobody_ends_makes_way_for_another(self, clock):
        fail(3)
        clock.pass_s(2)
        enter()
        clock.pass_s(59)
        assert enter() == Way.SHUT
        clock.pass_s(1)
        assert enter() == Way.PROBE

    def test_the_pause_grows_with_each_probe_that_fails_and_not_with_other_failures(self, clock):
        fail(5)
        pauses = []
        for _ in range(3):
            clock.pass_s(10)
            assert enter() == Way.PROBE
            fail(probe=True)
            pauses.append((circuits.of(CPO).probe_at - clock.now).total_seconds())
        assert pauses == [4, 7, 7]
        assert circuits.of(CPO).opened_at == AT

    def test_an_answer_closes_it_and_the_next_pause_is_short_again(self, clock):
        fail(3)
        clock.pass_s(2)
        enter()
        fail(probe=True)
        clock.pass_s(4)
        enter()

        circuits.answered(CPO)

        row = circuits.of(CPO)
        assert (row.failures, row.opened_at, row.probe_at, row.pause_s) == (0, None, None, 0)
        assert (row.last_failure, enter()) == ("no answer in time", Way.FREE)
        fail(3)
        assert circuits.of(CPO).pause_s == 2

    def test_where_commands_fail_only_a_command_is_the_probe_and_only_its_answer_closes_it(self, clock):
        for _ in range(3):
            circuits.failed(CPO, "no answer in time", command=True)
            circuits.answered(CPO)

        assert (enter(), circuits.enter(CPO, for_s=60, command=True)) == (Way.FREE, Way.SHUT)
        assert (circuits.is_shut(CPO), list(circuits.shut(PartnerKind.CPO))) == (True, [])

        clock.pass_s(2)
        assert (enter(), list(circuits.due(PartnerKind.CPO))) == (Way.FREE, [])
        circuits.answered(CPO)
        assert circuits.of(CPO).opened_at == AT
        assert [circuits.enter(CPO, for_s=60, command=True) for _ in range(2)] == [Way.PROBE, Way.SHUT]
        circuits.failed(CPO, "no answer in time", probe=True, command=True)
        assert (circuits.of(CPO).pause_s, circuits.of(CPO).opened_at) == (4, AT)

        circuits.answered(CPO, command=True)
        row = circuits.of(CPO)
        assert (row.failures, row.at_commands, row.opened_at, row.probe_at) == (0, False, None, None)

    def test_where_something_else_fails_too_any_answer_closes_it(self, clock):
        circuits.failed(CPO, "no answer in time", command=True)
        circuits.failed(CPO, "no answer in time")
        circuits.failed(CPO, "no answer in time", command=True)
        clock.pass_s(2)

        assert ([row.partner for row in circuits.due(PartnerKind.CPO)], enter()) == (["7"], Way.PROBE)
        circuits.answered(CPO)
        assert circuits.of(CPO).opened_at is None

    def test_people_close_whatever_failed(self, clock):
        for _ in range(3):
            circuits.failed(CPO, "no answer in time", command=True)
        circuits.close(CPO)
        row = circuits.of(CPO)
        assert (row.opened_at, row.failures, circuits.enter(CPO, for_s=60, command=True)) == (None, 0, Way.FREE)

    def test_zero_switches_it_off(self, clock, settings):
        settings.CIRCUIT_OPENS_AFTER = 0
        assert fail(9) == [False] * 9
        assert Circuit.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_callers_at_once_one_gets_the_probe_and_no_failure_is_lost(clock):
    fail(3)
    clock.pass_s(2)

    def call():
        way = enter()
        circuits.failed(CPO, "no answer in time")
        return way

    ways = at_once(*[call] * 8)

    assert sorted(way.value for way in ways) == ["probe", *["shut"] * 7]
    assert circuits.of(CPO).failures == 11


@pytest.mark.parametrize(
    "wrong", [{"CIRCUIT_FIRST_PAUSE_S": 0}, {"CIRCUIT_FIRST_PAUSE_S": 31}, {"CIRCUIT_OPENS_AFTER": -1}]
)
def test_pauses_that_cannot_be_are_told_at_the_start(settings, wrong):
    for name, value in wrong.items():
        setattr(settings, name, value)
    assert [error.msg for error in check_settings(None)] == [
        "CIRCUIT_FIRST_PAUSE_S is at least 1 and at most CIRCUIT_LONGEST_PAUSE_S, CIRCUIT_OPENS_AFTER not negative"
    ]
