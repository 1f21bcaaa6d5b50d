"""Sessions, CDRs and EVSE states: every change is stored and pushed to the eMSP in one go."""

import uuid
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from ocpi.simulator.billing import cdr
from ocpi.simulator.network import Network, Party, Spot
from ocpi.simulator.outbox import Outbox
from ocpi.simulator.peer import Request
from ocpi.simulator.store import Step, Store
from ocpi.simulator.tokens import Token
from ocpi.simulator.values import Json


class Ledger:
    """The records of what happens. Call it while holding store.lock; pushes leave in the background."""

    def __init__(self, store: Store, network: Network, outbox: Outbox) -> None:
        self._store, self._network, self._outbox = store, network, outbox
        outbox.source("session", self._newest_session)
        outbox.source("evse", self._newest_evse)
        outbox.source("cdr", self._newest_cdr)

    def open_session(
        self,
        spot: Spot,
        connector_id: str,
        token: Token,
        *,
        status: str,
        currency: str,
        started: str,
        reference: str | None,
    ) -> Json:
        """A new session, PUT to the eMSP. reference: the eMSP's authorization_reference."""
        session: Json = {
            "country_code": spot.location["country_code"],
            "party_id": spot.location["party_id"],
            "id": str(uuid.uuid4()),
            "start_date_time": started,
            "kwh": 0,
            "cdr_token": token.cdr_token(),
            "auth_method": "COMMAND",
            "location_id": spot.location["id"],
            "evse_uid": str(spot.evse["uid"]),
            "connector_id": connector_id,
            "currency": currency,
            "charging_periods": [],
            "status": status,
        }
        if reference:
            session["authorization_reference"] = reference
        self._store.state.sessions[session["id"]] = session
        self.put_session(session["id"])
        return session

    def put_session(self, session_id: str, **members: Any) -> None:
        """Change a session and PUT the whole of it."""
        session = self._store.state.sessions[session_id]
        session.update(members, last_updated=self._store.stamp())
        self._push(f"session {session_id}", self._newest_session(session_id, True))

    def patch_session(self, session_id: str, periods: list[Json], **members: Any) -> None:
        """Change a session and PATCH what changed; periods are appended, as PATCH does."""
        session = self._store.state.sessions[session_id]
        change = {**members, "last_updated": self._store.stamp()}
        session.update(change)
        session["charging_periods"] = session["charging_periods"] + periods
        if periods:
            change["charging_periods"] = periods
        request = Request("PATCH", change, _owner(session), "sessions", _path(session))
        self._push(f"session {session_id}", request)

    def set_status(self, spot: Spot, status: str) -> None:
        """Change the status of an EVSE and PATCH it."""
        self._network.set_status(spot, status)
        self._push(f"evse {spot.key}", self._newest_evse(spot.key, False))

    def release(self, spot: Spot) -> None:
        """Make an EVSE AVAILABLE again, unless it is out of order meanwhile."""
        if spot.status in ("CHARGING", "RESERVED"):
            self.set_status(spot, "AVAILABLE")

    def post_cdr(
        self,
        session_id: str,
        spot: Spot,
        steps: Sequence[Step],
        tariff: Json | None,
        *,
        expired: bool = False,
    ) -> Json:
        """Make the CDR of an ended session and POST it."""
        session = self._store.state.sessions[session_id]
        record = cdr(
            str(uuid.uuid4()),
            session,
            spot,
            steps,
            tariff,
            last_updated=self._store.stamp(),
            expired=expired,
        )
        self._store.state.cdrs[record["id"]] = record
        self._push(f"cdr {record['id']}", self._newest_cdr(record["id"], True))
        return record

    def post_result(self, spot: Spot, response_url: str, result: str, *, repeat: int = 1) -> None:
        """Tell what became of a command."""
        owner = _owner(spot.location)
        for _ in range(repeat):
            request = Request("POST", {"result": result}, owner, url=response_url)
            self._outbox.push(f"result {uuid.uuid4()}", request)

    def _push(self, key: str, request: Request | None) -> None:
        if request:
            self._outbox.push(key, request)
        self._store.save_soon()

    def _newest_session(self, session_id: str, whole: bool) -> Request | None:
        session = self._store.state.sessions.get(session_id)
        if session is None:
            return None
        return Request("PUT", deepcopy(session), _owner(session), "sessions", _path(session))

    def _newest_cdr(self, cdr_id: str, whole: bool) -> Request | None:
        record = self._store.state.cdrs.get(cdr_id)
        return Request("POST", record, _owner(record), "cdrs") if record else None

    def _newest_evse(self, key: str, whole: bool) -> Request | None:
        spot = next((spot for spot in self._network.spots() if spot.key == key), None)
        if spot is None:
            return None
        owner, location_id = _owner(spot.location), spot.location["id"]
        if whole:
            return Request("PUT", deepcopy(spot.location), owner, "locations", (*owner, location_id))
        change = {name: spot.evse[name] for name in ("status", "last_updated")}
        return Request("PATCH", change, owner, "locations", (*owner, location_id, str(spot.evse["uid"])))


def _owner(record: Json) -> Party:
    return Party(record["country_code"], record["party_id"])


def _path(session: Json) -> tuple[str, ...]:
    return (session["country_code"], session["party_id"], session["id"])
