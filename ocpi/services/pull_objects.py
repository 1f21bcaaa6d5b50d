"""Reads single objects at their CPO: somebody spoke of one that we do not have. Source: ocpi.md 1.9, T31, T52."""

import logging

from django.utils import timezone

from emsp.core.wakeup import wake
from ocpi import tasks
from ocpi.client import OcpiClient, PeerError
from ocpi.models import ConnectionStatus, Party
from ocpi.services.ownership import id_of
from ocpi.services.pull_pages import PageStore

log = logging.getLogger(__name__)


def fetch_location(party: Party, location_id: str) -> bool:
    """Read one location with all below it and store it; False when the CPO does not give it.

    Calls out: never inside a transaction.
    """
    return _fetch(party, "locations", location_id)


def fetch_session(party: Party, session_id: str) -> bool:
    """Read one session and store it; False when the CPO does not give it.

    OCPI knows no GET of a single session at its sender. Some CPOs have it nevertheless; for the others the
    next pull of what changed is asked for now.
    Calls out: never inside a transaction.
    """
    found = _fetch(party, "sessions", session_id)
    if not found:
        wake(tasks.pull_module, party.connection_id, "sessions")
    return found


def _fetch(party: Party, module: str, object_id: str) -> bool:
    if party.connection.status != ConnectionStatus.REGISTERED:
        return False
    try:
        found = OcpiClient(party.connection, party).get_object(module, object_id)
    except PeerError as error:
        log.info("%s of %s was not given: %s", module, party, error)
        return False
    if id_of(found).casefold() != object_id.casefold():
        log.warning("%s of %s: another object was given than was asked for", module, party)
        return False
    stored = PageStore(party.connection, module, received_at=timezone.now()).store([found])
    return stored.stored == 1
