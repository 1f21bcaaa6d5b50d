"""Peers that are left alone because they do not answer: asked again, so that they come back by themselves."""

import logging

from emsp.core import circuits
from emsp.core.models import PartnerKind
from ocpi.client import OcpiClient, PeerError
from ocpi.models import Connection, ConnectionStatus, Party

log = logging.getLogger(__name__)


def is_left_alone(party: Party) -> bool:
    """Whether a command to this CPO would not even be tried now."""
    return circuits.is_shut(party.connection.partner)


def probe() -> int:
    """Ask each peer whose pause is over for its versions; gives how many were asked. Calls out: never in a transaction.

    What it answers closes its circuit. Orders and pulls may be faster: of all callers one gets the probe.
    """
    keys = [int(key) for key in circuits.due(PartnerKind.CPO).values_list("partner", flat=True)]
    peers = list(Connection.objects.filter(pk__in=keys, status=ConnectionStatus.REGISTERED))
    for peer in peers:
        try:
            OcpiClient(peer).versions()
        except PeerError as error:
            log.info("%s still does not answer: %s", peer, error.reason)
    return len(peers)
