"""The charge points: locations with the status their EVSEs have now, and the tariffs."""

import logging
from collections.abc import Iterator
from copy import deepcopy
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ocpi.simulator.envelope import Refusal
from ocpi.simulator.pricing import check
from ocpi.simulator.store import EvseState, Store
from ocpi.simulator.values import Json

log = logging.getLogger("ocpi.simulator")

UNKNOWN_LOCATION = 2003
NOT_KNOWN_YET = "#NA"


class Party(NamedTuple):
    """An operator; one platform may host several."""

    country_code: str
    party_id: str


class Spot(NamedTuple):
    """An EVSE and the location it belongs to."""

    location: Json
    evse: Json

    @property
    def key(self) -> str:
        """Unique over all locations; a uid alone is not, in data from the field."""
        return f"{self.location['id']} {self.evse['uid']}"

    @property
    def status(self) -> str:
        """The EVSE's Status."""
        return str(self.evse.get("status") or "UNKNOWN")

    def connector(self, connector_id: str | None) -> Json:
        """The connector of that id, else the first one."""
        connectors: list[Json] = self.evse["connectors"]
        return next((row for row in connectors if same(row["id"], connector_id)), connectors[0])

    def capable(self, capability: str) -> bool:
        """False only where capabilities are listed and this one is not among them."""
        listed = self.evse.get("capabilities") or [capability]
        return capability in listed


def same(one: object, other: object) -> bool:
    """Whether two OCPI ids are equal: CiString compares without case; data from the field has numbers."""
    return other is not None and str(one).casefold() == str(other).casefold()


class Network:
    """Locations and tariffs by id. Read and change them under store.lock."""

    def __init__(self, locations: list[Json], tariffs: list[Json], store: Store) -> None:
        self._store = store
        self.locations = {row["id"].casefold(): deepcopy(row) for row in locations}
        self.tariffs = {row["id"].casefold(): deepcopy(row) for row in tariffs}
        self._unpriceable = {key for key, row in self.tariffs.items() if not _priceable(row)}
        for spot in self.spots():
            kept = store.state.evses.get(spot.key)
            if kept:
                self._apply(spot, kept)

    def spots(self) -> Iterator[Spot]:
        """All EVSEs."""
        for location in self.locations.values():
            for evse in location.get("evses") or []:
                if evse.get("uid") and evse.get("connectors"):
                    yield Spot(location, evse)

    def location(self, location_id: str) -> Json:
        """Raises Refusal (404, 2003) when it is unknown."""
        found = self.locations.get(location_id.casefold())
        if found is None:
            raise Refusal(404, UNKNOWN_LOCATION, f"unknown location {location_id}")
        return found

    def spot(self, location_id: str, evse_uid: str) -> Spot:
        """Raises Refusal (404, 2003) when location or EVSE is unknown."""
        location = self.location(location_id)
        for evse in location.get("evses") or []:
            if same(evse.get("uid", ""), evse_uid) and evse.get("connectors"):
                return Spot(location, evse)
        raise Refusal(404, UNKNOWN_LOCATION, f"unknown evse {evse_uid}")

    def has(self, session: Json) -> bool:
        """Whether the EVSE of a session is one of ours."""
        try:
            self.spot(session["location_id"], session["evse_uid"])
        except Refusal:
            return False
        return True

    def connector(self, location_id: str, evse_uid: str, connector_id: str) -> Json:
        """Raises Refusal (404, 2003) when any of the three is unknown."""
        found = self.spot(location_id, evse_uid).connector(connector_id)
        if not same(found["id"], connector_id):
            raise Refusal(404, UNKNOWN_LOCATION, f"unknown connector {connector_id}")
        return found

    def tariff(self, connector: Json) -> Json | None:
        """The tariff a roaming driver pays at a connector; None when it has none that is known."""
        keys = {str(tariff_id).casefold(): None for tariff_id in connector.get("tariff_ids") or []}
        known = [self.tariffs.get(key) for key in keys if key not in self._unpriceable]
        return next((row for row in known if row and row.get("type", "REGULAR") == "REGULAR"), None)

    def set_status(self, spot: Spot, status: str) -> Json:
        """Change an EVSE; gives the members that changed, as they are pushed."""
        change = EvseState(status, self._store.stamp())
        self._store.state.evses[spot.key] = change
        self._apply(spot, change)
        return {"status": change.status, "last_updated": change.last_updated}

    def parties(self) -> list[Party]:
        """Every owner of a location, in order of appearance."""
        owners = (Party(row["country_code"], row["party_id"]) for row in self.locations.values())
        return list(dict.fromkeys(owners))

    def _apply(self, spot: Spot, change: EvseState) -> None:
        spot.evse.update(status=change.status, last_updated=change.last_updated)
        spot.location["last_updated"] = max(spot.location.get("last_updated") or "", change.last_updated)


def _priceable(tariff: Json) -> bool:
    try:
        check(tariff)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("tariff %s cannot be computed with: %s %s", tariff["id"], type(error).__name__, error)
        return False
    return True


def zone_of(location: Json) -> str:
    """The IANA time zone of a location; UTC when it has none or an unknown one."""
    name = location.get("time_zone") or "UTC"
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, LookupError):
        return "UTC"
