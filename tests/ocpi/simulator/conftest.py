"""A simulator with a clock turned by hand, and an eMSP beside it."""

import pytest

from tests.ocpi.simulator.stage import Box, Emsp, ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def emsp():
    made = Emsp()
    yield made
    made.close()


@pytest.fixture
def make_box(clock, emsp):
    """Start a simulator with settings of the test's own."""
    boxes = []

    def make(**settings):
        boxes.append(Box(clock, emsp, **settings))
        return boxes[-1]

    yield make
    for box in boxes:
        box.close()


@pytest.fixture
def box(make_box):
    """The generated stations; no eMSP is registered."""
    return make_box()


@pytest.fixture
def registered(box):
    """The generated stations; the eMSP has registered."""
    return box.register()
