"""For all tests."""

import pytest

from emsp.core import circuits


@pytest.fixture(autouse=True)
def _circuits_are_looked_at_again():
    """What a process remembers of its partners for a second would outlive the rows of a test."""
    circuits.forget()
