"""EVSEs held for a driver until a moment in real time. Source: OCPI 2.2.1, mod_commands, ReserveNow object.

A reservation is a session with the status RESERVATION. When its driver starts, the same session goes on as
the charge, and the charge's CDR holds the reservation too. When it ends unused, a session that costs something
is COMPLETED and billed by itself, any other is INVALID.
"""

from collections.abc import Callable
from datetime import datetime

from emsp.core.wire import moment_text
from ocpi.simulator.billing import prices_reservations, reservation_step, running_cost, session_periods
from ocpi.simulator.charging import currency_of
from ocpi.simulator.clock import Clock
from ocpi.simulator.ledger import Ledger
from ocpi.simulator.network import NOT_KNOWN_YET, Network, Spot, same, zone_of
from ocpi.simulator.store import Reservation, Store
from ocpi.simulator.tokens import Token


class Reservations:
    """Holds and releases EVSEs. Call it while holding store.lock."""

    def __init__(self, store: Store, network: Network, ledger: Ledger, clock: Clock) -> None:
        self._store, self._network, self._ledger, self._clock = store, network, ledger, clock

    def of(self, spot: Spot) -> Reservation | None:
        """The live reservation of an EVSE."""
        for row in self._store.state.reservations.values():
            if (
                row.live
                and same(row.location_id, spot.location["id"])
                and same(row.evse_uid, spot.evse["uid"])
            ):
                return row
        return None

    def known(self, reservation_id: str) -> Reservation | None:
        """The live reservation of that id."""
        found = self._store.state.reservations.get(reservation_id)
        return found if found and found.live else None

    def hold(
        self,
        spot: Spot,
        token: Token,
        *,
        reservation_id: str,
        until: datetime,
        response_url: str,
        reference: str | None,
    ) -> None:
        """Hold a free EVSE, or extend and move the reservation that has this id already."""
        before = self.known(reservation_id)
        session_id = before.session_id if before else self._open(spot, token, reference)
        if before and self._spot(before).key != spot.key:
            self._ledger.release(self._spot(before))
            self._ledger.put_session(session_id, evse_uid=str(spot.evse["uid"]))
        now = self._clock.now()
        self._store.state.reservations[reservation_id] = Reservation(
            id=reservation_id,
            location_id=spot.location["id"],
            evse_uid=str(spot.evse["uid"]),
            token_uid=token.uid,
            session_id=session_id,
            response_url=response_url,
            start_at=before.start_at if before else now.replace(microsecond=0),
            expires_at=until,
        )
        self._ledger.set_status(spot, "RESERVED")
        self._later(until, self._expire, reservation_id)

    def use(self, reservation: Reservation) -> str:
        """The driver has come; gives the session that goes on as the charge."""
        reservation.live = False
        return reservation.session_id

    def cancel(self, reservation: Reservation) -> None:
        """The driver does not come."""
        self._end_unused(reservation, self._clock.now(), expired=False)

    def cancel_by_operator(self, reservation: Reservation) -> None:
        """We cannot keep the promise: tell it on the response_url of the RESERVE_NOW."""
        spot = self._spot(reservation)
        self._end_unused(reservation, self._clock.now(), expired=False)
        self._ledger.post_result(spot, reservation.response_url, "CANCELED_RESERVATION")

    def resume(self) -> None:
        """After a restart: reservations go on until their time is over."""
        for row in self._store.state.reservations.values():
            if row.live:
                row.live = self._network.has(self._store.state.sessions[row.session_id])
                self._later(row.expires_at, self._expire, row.id)

    def _expire(self, reservation_id: str) -> None:
        with self._store.lock:
            row = self.known(reservation_id)
            if row and self._clock.now() >= row.expires_at:  # else it was extended
                self._end_unused(row, row.expires_at, expired=True)

    def _end_unused(self, row: Reservation, at: datetime, *, expired: bool) -> None:
        row.live = False
        spot = self._spot(row)
        self._ledger.release(spot)
        connector_id = self._store.state.sessions[row.session_id]["connector_id"]
        tariff = self._network.tariff(spot.connector(connector_id))
        steps = [reservation_step(row.start_at, at)]
        if not prices_reservations(tariff):
            self._ledger.patch_session(row.session_id, [], status="INVALID")
            return
        self._ledger.patch_session(
            row.session_id,
            session_periods(steps, tariff),
            status="COMPLETED",
            end_date_time=moment_text(at),
            total_cost=running_cost(steps, tariff, zone_of(spot.location), expired=expired),
        )
        self._ledger.post_cdr(row.session_id, spot, steps, tariff, expired=expired)

    def _open(self, spot: Spot, token: Token, reference: str | None) -> str:
        tariff = self._network.tariff(spot.connector(None))
        session = self._ledger.open_session(
            spot,
            NOT_KNOWN_YET,
            token,
            status="RESERVATION",
            currency=currency_of(tariff),
            started=moment_text(self._clock.now()),
            reference=reference,
        )
        return str(session["id"])

    def _spot(self, row: Reservation) -> Spot:
        return self._network.spot(row.location_id, row.evse_uid)

    def _later(self, at: datetime, action: Callable[[str], None], reservation_id: str) -> None:
        seconds = max(0.0, (at - self._clock.now()).total_seconds())
        self._clock.later(seconds, lambda: action(reservation_id))
