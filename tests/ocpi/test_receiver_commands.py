"""CommandResults at our response_url (ocpi.md §7, rows 79, 82, 84)."""

import pytest
from django.utils import timezone

from ocpi.models import Command
from tests.factories.ocpi import CpoFactory, IncomingTokenFactory
from tests.ocpi.conftest import Caller, at


@pytest.fixture
def command(party):
    return Command.objects.create(
        party=party, kind="RESERVE_NOW", state="AWAITING_RESULT", due_at=timezone.now()
    )


def url_of(command, uid=None):
    return at("commands", command.kind, "callback", uid or command.uid, owner=())


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_result_is_taken_with_its_message(cpo, command, slash):
    message = [{"language": "hi", "text": "theek hai"}, {"language": "en", "text": "fine"}]

    answer = cpo.post(url_of(command) + slash, {"result": "ACCEPTED", "message": message})

    assert answer.said == (200, 1000)
    assert "data" not in answer.body
    command.refresh_from_db()
    assert (command.state, command.result, command.message) == ("SUCCEEDED", "ACCEPTED", "fine")
    assert cpo.post(url_of(command), {"result": "FAILED"}).said == (200, 1000)
    command.refresh_from_db()
    assert command.state == "SUCCEEDED"


@pytest.mark.parametrize(("body", "raw", "said"), [
    ({}, None, (200, 2001)), ({"result": None}, None, (200, 2001)), ({"result": {"a": 1}}, None, (200, 2001)),
    (None, b"{", (400, 2001)), (None, b"", (400, 2001)),
])
def test_a_result_that_cannot_be_read_changes_nothing(cpo, command, body, raw, said):
    assert cpo.post(url_of(command), body, raw=raw).said == said
    command.refresh_from_db()
    assert command.state == "AWAITING_RESULT"


def test_an_unknown_address_is_404(cpo, command):
    assert cpo.post(url_of(command, command.uid[:-4] + "zzzz"), {"result": "ACCEPTED"}).said == (404, 2001)


def test_another_peers_command_is_404_and_stays_as_it_is(cpo, command):
    other = CpoFactory(party_id="OTH")
    IncomingTokenFactory(connection=other.connection, text="other-token-0123456789")

    assert Caller("other-token-0123456789").post(url_of(command), {"result": "ACCEPTED"}).said == (404, 2001)
    assert Caller(None).post(url_of(command), {"result": "ACCEPTED"}).said == (401, 2000)
    command.refresh_from_db()
    assert command.state == "AWAITING_RESULT"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_405(cpo, command, method):
    assert cpo.call(method, url_of(command)).said == (405, 2000)
