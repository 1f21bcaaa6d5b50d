"""The short run: every harness with a few inputs, the same ones each time. `make fuzz` is the long one."""

import random

import pytest

from tests.beckn.conftest import fresh_memories  # noqa: F401 (an autouse fixture)
from tests.fuzz.harness import Broken, Harness, Tally, place_of
from tests.fuzz.harnesses import HARNESSES, pure
from tests.fuzz.run_one import drawn
from tests.fuzz.spoiling import paths, spoiled
from tests.fuzz.values import VALUES

COUNTS = {1: 150, 40: 80}  # inputs by how many are fed at once
DOORS = {"beckn door": 40, "ocpi door": 50, "pages": 40}


@pytest.mark.django_db
@pytest.mark.parametrize("harness", HARNESSES, ids=lambda harness: harness.name)
def test_hostile_input_is_refused_or_taken(harness):
    count = DOORS.get(harness.name, COUNTS[harness.at_once])
    generator, tally = random.Random(f"tests {harness.name}"), Tally()

    with harness.opened() as act:
        while tally.inputs < count:
            tally.run(act, drawn(generator, harness.at_once))

    assert [*tally.findings.values()] == []
    assert tally.inputs == count
    assert tally.accepted < count


def test_every_harness_has_its_own_name():
    assert len({harness.name for harness in HARNESSES}) == len(HARNESSES) == 26


def test_the_same_bytes_spoil_in_the_same_way():
    seed = '{"a": {"b": [1, "x"]}}'

    assert paths(seed) == (("a",), ("a", "b"), ("a", "b", 0), ("a", "b", 1))
    assert spoiled(b"", (seed,)) == b'{"a": {"b": [1, "x"]}}'
    assert spoiled(bytes([0, 1, 3, 6]), (seed,)) == b'{"a": {"b": [1]}}'
    assert spoiled(bytes([0, 1, 2, 7]), (seed,)) == b'{"a": {"b": [1, "x", 1]}}'
    assert spoiled(bytes([0, 1, 2, 13, 6]), (seed,)) == b'{"a": {"b": [NaN, "x"]}}'


def test_an_input_leaves_nothing_behind_for_the_next():
    nested = VALUES.index([[]])
    source = bytes([0, 2, 0, 0, nested, 1, 0, 5])  # a becomes [[]], then its first element becomes 1

    assert spoiled(source, ('{"a": [0]}',)) == b'{"a": [1]}'
    assert VALUES[nested] == [[]]


def test_what_fails_among_many_is_named_once():
    def decode(source):
        if source[:1] == b"b":
            raise KeyError("x")
        return True

    tally = Tally()
    with pure(decode)() as act:
        tally.run(act, [b"a", b"b1", b"c", b"b2"])

    (finding,) = tally.findings.values()
    assert (tally.inputs, tally.accepted) == (4, 2)
    assert (finding.what, finding.first, finding.times) == ("KeyError: 'x'", b"b1".hex(), 2)


def test_a_finding_says_where_in_the_project_it_was():
    from emsp.core.wire import convert

    try:
        convert(object(), int)
    except Exception as error:  # noqa: BLE001
        assert place_of(error.__traceback__).split(":")[0] == "emsp/core/wire.py"


def test_an_answer_of_500_is_a_finding(db, monkeypatch):
    from ocpi.receiver import door

    harness: Harness = next(each for each in HARNESSES if each.name == "ocpi door")
    tally = Tally()
    with harness.opened() as act:
        monkeypatch.setattr(door, "load_json", lambda raw: 1 / 0)
        tally.run(act, [bytes(12)])

    (finding,) = tally.findings.values()
    assert finding.what == "ZeroDivisionError: division by zero"
    assert issubclass(Broken, AssertionError)
