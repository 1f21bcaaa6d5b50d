"""A location, its EVSEs and their connectors, each read by itself, so that a bad one loses only itself. Pure.

Source: OCPI 2.2.1, mod_locations; ocpi.md 1.11 (connector before EVSE before location), 3.1, T32, T37, T38.
"""

import zoneinfo
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Protocol, TypeVar

from emsp.core.wire import WireError
from ocpi.wire.reading import Finding, read
from ocpi.wire.v2_2_1.locations import Connector, Evse, Location

REMOVED = "REMOVED"


class ConnectorNode(NamedTuple):
    """A connector as read, and as received."""

    value: Connector
    raw: dict[str, Any]

    @property
    def key(self) -> str:
        return self.value.id.casefold()

    @property
    def last_updated(self) -> datetime:
        return self.value.last_updated


class EvseNode(NamedTuple):
    """An EVSE as read; raw as received, without its connectors.

    unread: keys of connectors that are there but could not be read; an empty key for one without an id.
    """

    value: Evse
    raw: dict[str, Any]
    connectors: list[ConnectorNode]
    unread: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        return self.value.uid.casefold()

    @property
    def last_updated(self) -> datetime:
        return self.value.last_updated


class LocationNode(NamedTuple):
    """A location as read; raw as received, without its EVSEs.

    unread: keys of EVSEs that are there but could not be read; an empty key for one without a uid.
    """

    value: Location
    raw: dict[str, Any]
    evses: list[EvseNode]
    unread: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        return self.value.id.casefold()

    @property
    def last_updated(self) -> datetime:
        return self.value.last_updated


class _Node(Protocol):
    @property
    def key(self) -> str: ...

    @property
    def last_updated(self) -> datetime: ...


N = TypeVar("N", bound=_Node)


def read_location(given: Any, lost: list[WireError], findings: list[Finding] | None = None) -> LocationNode:
    """A Location of 2.2.1. EVSEs and connectors that cannot be read are left out and added to lost.

    Raises WireError when the location itself cannot be read.
    """
    value = read(given, Location, findings)
    _check_place(value)
    evses, unread = [], set()
    for number, entry in enumerate(value.evses):
        try:
            evses.append(read_evse(entry, lost, findings, path=f"evses[{number}]"))
        except WireError as error:
            lost.append(error)
            unread.add(_key(entry, "uid"))
    return LocationNode(value, without(given, "evses"), _each_once(evses), frozenset(unread))


def read_evse(
    given: Any, lost: list[WireError], findings: list[Finding] | None = None, path: str = ""
) -> EvseNode:
    """An EVSE of 2.2.1; connectors that cannot be read are left out and added to lost.

    Raises WireError when the EVSE itself cannot be read. Only a REMOVED one may come without connectors.
    """
    value = read(given, Evse, findings, path)
    if not value.connectors and value.status.strip().upper() != REMOVED:
        raise WireError("at least one is required", path=f"{path}.connectors" if path else "connectors")
    connectors, unread = [], set()
    for number, entry in enumerate(value.connectors):
        where = f"{path}.connectors[{number}]" if path else f"connectors[{number}]"
        try:
            connectors.append(read_connector(entry, findings, path=where))
        except WireError as error:
            lost.append(error)
            unread.add(_key(entry, "id"))
    return EvseNode(value, without(given, "connectors"), _each_once(connectors), frozenset(unread))


def read_evse_alone(given: Any, findings: list[Finding] | None = None) -> EvseNode:
    """An EVSE of 2.2.1 without looking at its connectors. Raises WireError when it cannot be read."""
    return EvseNode(read(given, Evse, findings), without(given, "connectors"), [])


def read_connector(given: Any, findings: list[Finding] | None = None, path: str = "") -> ConnectorNode:
    """A Connector of 2.2.1. Raises WireError when it cannot be read."""
    return ConnectorNode(read(given, Connector, findings, path), without(given))


def without(given: dict[str, Any], *names: str) -> dict[str, Any]:
    """An object as received, less these members and those that are null, which count as absent."""
    kept = given.copy()
    for name in names:
        kept.pop(name, None)
    return {name: value for name, value in kept.items() if value is not None} if None in kept.values() else kept


def _key(entry: Any, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    return value.strip().casefold() if isinstance(value, str) else ""


def _each_once(nodes: list[N]) -> list[N]:
    """Nodes by key, in order of first appearance; of two with the same key the newer one."""
    found: dict[str, N] = {}
    for node in nodes:
        if node.key not in found or found[node.key].last_updated <= node.last_updated:
            found[node.key] = node
    return list(found.values())


def _check_place(value: Location) -> None:
    if abs(value.coordinates.latitude) > 90:
        raise WireError("must be from -90 to 90", path="coordinates.latitude")
    if abs(value.coordinates.longitude) > 180:
        raise WireError("must be from -180 to 180", path="coordinates.longitude")
    if time_zone(value.time_zone) is None:
        raise WireError("not the name of a time zone, like Asia/Kolkata", path="time_zone")


@cache
def _zone_names() -> dict[str, str]:
    return {name.casefold(): name for name in zoneinfo.available_timezones()}


def time_zone(name: str) -> str | None:
    """A time zone in the spelling of the IANA database, whatever the case given; None when there is none."""
    return _zone_names().get(name.strip().casefold())
