"""What we ask of peers over HTTP: the client, and what can go wrong."""

from ocpi.client.errors import LeftAlone, NotOffered, PeerError
from ocpi.client.pages import Page
from ocpi.client.peer import CommandAnswer, OcpiClient, exchange_limit, in_english

__all__ = [
    "CommandAnswer", "LeftAlone", "NotOffered", "OcpiClient", "Page", "PeerError", "exchange_limit", "in_english",
]  # fmt: skip
