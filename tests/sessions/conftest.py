"""Orders that are charged and billed through the real doors."""

import pytest

from sessions.models import Posting
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.flows.conftest import cpo, driver, network  # noqa: F401 (fixtures)


@pytest.fixture
def sides():
    """The postings of an entry as (account, amount), in the order in which they were written."""

    def read(entry):
        return [(row.account, str(row.amount)) for row in Posting.objects.filter(entry=entry)]

    return read
