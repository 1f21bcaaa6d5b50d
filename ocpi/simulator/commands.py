"""Commands module, Receiver: what the eMSP asks of the charge points.

The synchronous CommandResponse says whether a command was forwarded. What the charge point made of it, seen
at the moment it gets there, follows as a CommandResult on the response_url.
Source: OCPI 2.2.1, mod_commands; ocpi.md §3.6.
"""

import logging
from collections.abc import Callable

from ocpi.simulator.charging import Charging, Delays
from ocpi.simulator.clock import Clock
from ocpi.simulator.envelope import Answer, Refusal, success
from ocpi.simulator.faults import Fault, Faults
from ocpi.simulator.ledger import Ledger
from ocpi.simulator.messages import (
    CancelReservation,
    ReserveNow,
    StartSession,
    StopSession,
    UnlockConnector,
    read,
)
from ocpi.simulator.network import Network, Spot, same
from ocpi.simulator.reservations import Reservations
from ocpi.simulator.store import Reservation, Store
from ocpi.simulator.tokens import Token, Tokens
from ocpi.simulator.values import moment

log = logging.getLogger("ocpi.simulator")

RESULT_WITHIN_S = 30
BROKEN = ("INOPERATIVE", "OUTOFORDER", "PLANNED", "REMOVED")
IN_USE = ("CHARGING", "BLOCKED")


class NotForwarded(Exception):
    """The command ends with its CommandResponse. result: REJECTED, NOT_SUPPORTED or UNKNOWN_SESSION."""

    def __init__(self, result: str, message: str) -> None:
        self.result = result
        super().__init__(message)


Perform = Callable[[], str]
"""What the charge point does; gives a CommandResultType."""


class Commands:
    """POST commands/{command}."""

    def __init__(
        self,
        store: Store,
        network: Network,
        ledger: Ledger,
        tokens: Tokens,
        reservations: Reservations,
        charging: Charging,
        faults: Faults,
        clock: Clock,
        delays: Delays,
    ) -> None:
        self._store, self._network, self._ledger, self._tokens = store, network, ledger, tokens
        self._reservations, self._charging = reservations, charging
        self._faults, self._clock, self._delays = faults, clock, delays
        self._kinds: dict[str, Callable[[bytes], tuple[str, Spot, Perform]]] = {
            "RESERVE_NOW": self._reserve_now,
            "CANCEL_RESERVATION": self._cancel_reservation,
            "START_SESSION": self._start_session,
            "STOP_SESSION": self._stop_session,
            "UNLOCK_CONNECTOR": self._unlock_connector,
        }

    def receive(self, command: str, body: bytes) -> Answer:
        """Forward a command to its charge point, or say at once why not."""
        prepare = self._kinds.get(command)
        if prepare is None:
            raise Refusal(404, 2000, f"unknown command {command}")
        try:
            with self._store.lock:
                response_url, spot, perform = prepare(body)
        except NotForwarded as reason:
            message = [{"language": "en", "text": str(reason)}]
            return success({"result": reason.result, "timeout": RESULT_WITHIN_S, "message": message})
        fault = self._faults.for_command(command)
        self._clock.later(
            self._delays.result_s, lambda: self._carry_out(command, response_url, spot, perform, fault)
        )
        return success({"result": "ACCEPTED", "timeout": RESULT_WITHIN_S})

    def _carry_out(
        self, command: str, response_url: str, spot: Spot, perform: Perform, fault: Fault | None
    ) -> None:
        kind = fault.kind if fault else ""
        seconds = fault.seconds if fault else 0.0
        with self._store.lock:
            if fault and kind == "negative_result":
                result = str(fault.result)
            elif kind == "session_after_timeout":
                result = "TIMEOUT"
                self._clock.later(seconds, lambda: self._perform_late(perform))
            elif fault and kind == "missing_result":
                result = perform() if fault.effect else ""
            else:
                result = perform()
            log.info("%s at %s: %s%s", command, spot.evse["uid"], result, f" ({kind})" if kind else "")
            if kind == "missing_result":
                return
            repeat = fault.repeat if fault and kind == "repeated_result" else 1
            late_s = seconds if kind == "late_result" else 0.0
        self._clock.later(late_s, lambda: self._tell(spot, response_url, result, repeat))

    def _perform_late(self, perform: Perform) -> None:
        with self._store.lock:
            perform()

    def _tell(self, spot: Spot, response_url: str, result: str, repeat: int) -> None:
        self._ledger.post_result(spot, response_url, result, repeat=repeat)

    # What each command needs to be forwarded, and what the charge point then does

    def _start_session(self, body: bytes) -> tuple[str, Spot, Perform]:
        wish = read(body, StartSession)
        self._accept_token(wish.token)
        spot = self._wanted(wish.location_id, wish.evse_uid, wish.token)
        if not spot.capable("REMOTE_START_STOP_CAPABLE"):
            raise NotForwarded("NOT_SUPPORTED", "the EVSE cannot be started remotely")
        if wish.connector_id:
            self._connector(spot, wish.connector_id)

        def perform() -> str:
            held = self._reservations.of(spot)
            if spot.status in BROKEN:
                return "EVSE_INOPERATIVE"
            if held and not same(held.token_uid, wish.token.uid):
                return "REJECTED"
            if self._in_use(spot, held):
                return "EVSE_OCCUPIED"
            session_id = self._reservations.use(held) if held else ""
            connector = spot.connector(wish.connector_id)
            self._charging.begin(spot, connector, wish.token, wish.authorization_reference, session_id)
            return "ACCEPTED"

        return wish.response_url, spot, perform

    def _reserve_now(self, body: bytes) -> tuple[str, Spot, Perform]:
        wish = read(body, ReserveNow)
        self._accept_token(wish.token)
        spot = self._wanted(wish.location_id, wish.evse_uid, wish.token)
        if not spot.capable("RESERVABLE"):
            raise NotForwarded("NOT_SUPPORTED", "the EVSE cannot be reserved")
        try:
            until = moment(wish.expiry_date)
        except ValueError:
            raise Refusal(200, 2001, "expiry_date: not a DateTime") from None
        if until <= self._clock.now():
            raise NotForwarded("REJECTED", "expiry_date is in the past")

        def perform() -> str:
            held = self._reservations.of(spot)
            if spot.status in BROKEN:
                return "EVSE_INOPERATIVE"
            if self._in_use(spot, held) or held and held.id != wish.reservation_id:
                return "EVSE_OCCUPIED"
            self._reservations.hold(
                spot,
                wish.token,
                reservation_id=wish.reservation_id,
                until=until,
                response_url=wish.response_url,
                reference=wish.authorization_reference,
            )
            return "ACCEPTED"

        return wish.response_url, spot, perform

    def _cancel_reservation(self, body: bytes) -> tuple[str, Spot, Perform]:
        wish = read(body, CancelReservation)
        known = self._store.state.reservations.get(wish.reservation_id)
        first = next(self._network.spots())
        spot = self._network.spot(known.location_id, known.evse_uid) if known else first

        def perform() -> str:
            held = self._reservations.known(wish.reservation_id)
            if held is None:
                return "UNKNOWN_RESERVATION"
            self._reservations.cancel(held)
            return "ACCEPTED"

        return wish.response_url, spot, perform

    def _stop_session(self, body: bytes) -> tuple[str, Spot, Perform]:
        wish = read(body, StopSession)
        session = self._store.state.sessions.get(wish.session_id)
        if session is None or session["status"] == "RESERVATION":
            raise NotForwarded("UNKNOWN_SESSION", "no such charging session")
        if session["status"] not in ("PENDING", "ACTIVE"):
            raise NotForwarded("REJECTED", "the session has ended")
        spot = self._network.spot(session["location_id"], session["evse_uid"])

        def perform() -> str:
            return "ACCEPTED" if self._charging.stop(wish.session_id) else "REJECTED"

        return wish.response_url, spot, perform

    def _unlock_connector(self, body: bytes) -> tuple[str, Spot, Perform]:
        wish = read(body, UnlockConnector)
        spot = self._wanted(wish.location_id, wish.evse_uid, None)
        self._connector(spot, wish.connector_id)
        if not spot.capable("UNLOCK_CAPABLE"):
            raise NotForwarded("NOT_SUPPORTED", "the EVSE cannot be unlocked remotely")

        def perform() -> str:
            if spot.status in BROKEN:
                return "EVSE_INOPERATIVE"
            running = self._charging.session_at(spot)
            if running:
                self._charging.stop(running)  # a charge point ends the charge before it lets the cable go
            return "ACCEPTED"

        return wish.response_url, spot, perform

    def _in_use(self, spot: Spot, held: Reservation | None) -> bool:
        """Whether somebody is there, or it is held for somebody whom we do not know."""
        reserved = spot.status == "RESERVED" and held is None
        return reserved or spot.status in IN_USE or self._charging.session_at(spot) is not None

    def _accept_token(self, token: Token) -> None:
        if not token.valid or self._tokens.is_blocked(token):
            raise NotForwarded("REJECTED", "the token is not valid")

    def _wanted(self, location_id: str, evse_uid: str | None, token: Token | None) -> Spot:
        """The EVSE that was asked for; without a uid the one held for the token, else the first free one."""
        try:
            if evse_uid:
                return self._network.spot(location_id, evse_uid)
            location = self._network.location(location_id)
        except Refusal as unknown:
            raise Refusal(200, unknown.code, str(unknown)) from None
        spots = [spot for spot in self._network.spots() if spot.location is location]
        for spot in spots:
            held = self._reservations.of(spot)
            if held and token and same(held.token_uid, token.uid):
                return spot
        free = next((spot for spot in spots if spot.status == "AVAILABLE"), None)
        if free is None:
            raise NotForwarded("REJECTED", "no EVSE is free at this location")
        return free

    def _connector(self, spot: Spot, connector_id: str) -> None:
        if not same(spot.connector(connector_id)["id"], connector_id):
            raise Refusal(200, 2003, f"unknown connector {connector_id}")
