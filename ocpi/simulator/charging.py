"""Live sessions: from the plug to the CDR, on an accelerated clock.

Simulated time begins with the real moment at which a session becomes ACTIVE and then runs `speed` times as
fast. start_date_time is therefore real; charging periods, end_date_time and energy are as long and as much as
a real charge would be, so that end_date_time may lie in the future of the wall clock. last_updated is always
real. While the simulator is not running, simulated time stands still.
"""

import logging
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from emsp.core.wire import moment_text
from ocpi.simulator.billing import prices_reservations, reservation_step, running_cost, session_periods
from ocpi.simulator.car import advance, has_left, plugged_in, simulated_now
from ocpi.simulator.clock import Clock
from ocpi.simulator.ledger import Ledger
from ocpi.simulator.network import Network, Spot
from ocpi.simulator.store import Charge, Step, Store
from ocpi.simulator.tokens import Token
from ocpi.simulator.values import Json, number

log = logging.getLogger("ocpi.simulator")

PATCH_EVERY_SIMULATED_S = 180
PATCH_AT_MOST_EVERY_S = 3
PATCH_AT_LEAST_EVERY_S = 60


@dataclass(frozen=True)
class Delays:
    """How long things take at the charge point, in real seconds."""

    result_s: float = 0.5
    plug_s: float = 1.0
    cdr_s: float = 1.0


class Charging:
    """Starts, advances and ends charges. speed: simulated seconds per real second."""

    def __init__(
        self, store: Store, network: Network, ledger: Ledger, clock: Clock, *, speed: float, delays: Delays
    ) -> None:
        self._store, self._network, self._ledger, self._clock = store, network, ledger, clock
        self._delays = delays
        self.speed = speed

    def begin(
        self, spot: Spot, connector: Json, token: Token, reference: str | None, reserved_session_id: str = ""
    ) -> str:
        """Accept a driver: the session is PENDING until the cable is in, then ACTIVE. Gives its id.

        reserved_session_id: the RESERVATION session that goes on as this charge.
        """
        with self._store.lock:
            tariff = deepcopy(self._network.tariff(connector))
            if reserved_session_id:
                session_id = reserved_session_id
                session = self._store.state.sessions[session_id]
                session["connector_id"] = str(connector["id"])
                if reference:  # the last one given counts: OCPI 2.2.1, mod_sessions, Session object
                    session["authorization_reference"] = reference
            else:
                session_id = self._ledger.open_session(
                    spot,
                    str(connector["id"]),
                    token,
                    status="PENDING",
                    currency=currency_of(tariff),
                    started=moment_text(self._clock.now()),
                    reference=reference,
                )["id"]
            charge = plugged_in(session_id, token.uid, spot, connector, tariff)
            self._store.state.charges[session_id] = charge
        self._clock.later(self._delays.plug_s, lambda: self._activate(session_id))
        return session_id

    def stop(self, session_id: str) -> bool:
        """End a session as the driver wishes; False when it is not running."""
        with self._store.lock:
            charge = self._store.state.charges.get(session_id)
            if charge is None or charge.ended:
                return False
            if charge.started_at is None:
                del self._store.state.charges[session_id]
                self._ledger.patch_session(session_id, [], status="INVALID")
                self._ledger.release(self._spot(session_id))
                return True
            self._finish(charge, self._catch_up(charge))
            return True

    def session_at(self, spot: Spot) -> str | None:
        """The session that occupies an EVSE, if one does."""
        for session_id, charge in self._store.state.charges.items():
            if not charge.ended and self._spot(session_id).key == spot.key:
                return session_id
        return None

    def set_speed(self, speed: float) -> None:
        """Change the pace from now on."""
        with self._store.lock:
            for charge in self._store.state.charges.values():
                if charge.started_at is not None and not charge.ended:
                    self._report(charge, self._catch_up(charge))
            self.speed = speed

    def resume(self) -> None:
        """After a restart: every charge goes on where it was."""
        with self._store.lock:
            now = self._clock.now()
            for session_id, charge in list(self._store.state.charges.items()):
                if not self._network.has(self._store.state.sessions[session_id]):
                    del self._store.state.charges[session_id]  # started with other stations than before
                elif charge.ended:
                    self._bill_later(session_id)
                elif charge.started_at is None:
                    self._later(self._delays.plug_s, self._activate, session_id)
                else:
                    charge.ticked_at = now
                    self._later(self._pace(), self._tick, session_id)

    def _activate(self, session_id: str) -> None:
        with self._store.lock:
            charge = self._store.state.charges.get(session_id)
            if charge is None or charge.started_at is not None:
                return
            now = self._clock.now()
            charge.ticked_at = now
            charge.started_at = now.replace(microsecond=0)
            charge.steps = self._reserved_before(charge)
            started = moment_text(charge.started_at)
            periods = session_periods(charge.steps, charge.tariff)
            self._ledger.put_session(
                session_id, status="ACTIVE", start_date_time=started, charging_periods=periods
            )
            self._ledger.set_status(self._spot(session_id), "CHARGING")
            self._later(self._pace(), self._tick, session_id)
            log.info("session %s began", session_id)

    def _reserved_before(self, charge: Charge) -> list[Step]:
        """The time the EVSE was held for this charge, when the tariff has a price for it."""
        held = [row for row in self._store.state.reservations.values() if row.session_id == charge.session_id]
        if not held or charge.started_at is None or not prices_reservations(charge.tariff):
            return []
        return [reservation_step(held[0].start_at, charge.started_at)]

    def _tick(self, session_id: str) -> None:
        with self._store.lock:
            charge = self._store.state.charges.get(session_id)
            if charge is None or charge.ended:
                return
            steps = self._catch_up(charge)
            if has_left(charge):
                self._finish(charge, steps)
                return
            self._report(charge, steps)
            self._later(self._pace(), self._tick, session_id)

    def _catch_up(self, charge: Charge) -> list[Step]:
        if charge.ticked_at is None:
            return []
        real_s = (self._clock.now() - charge.ticked_at).total_seconds()
        seconds = max(0, int(real_s * self.speed))
        charge.ticked_at += timedelta(seconds=seconds / self.speed)
        return advance(charge, seconds)

    def _report(self, charge: Charge, steps: list[Step]) -> None:
        periods = session_periods(steps, charge.tariff)
        self._ledger.patch_session(charge.session_id, periods, **_meter(charge))

    def _finish(self, charge: Charge, steps: list[Step]) -> None:
        charge.ended = True
        periods = session_periods(steps, charge.tariff)
        self._ledger.patch_session(
            charge.session_id,
            periods,
            status="COMPLETED",
            end_date_time=moment_text(simulated_now(charge)),
            **_meter(charge),
        )
        self._ledger.release(self._spot(charge.session_id))
        self._bill_later(charge.session_id)
        log.info("session %s ended with %s kWh", charge.session_id, number(charge.kwh))

    def _bill_later(self, session_id: str) -> None:
        self._later(self._delays.cdr_s, self._bill, session_id)

    def _bill(self, session_id: str) -> None:
        with self._store.lock:
            charge = self._store.state.charges.pop(session_id, None)
            if charge is None:
                return
            nothing = Step(start=simulated_now(charge), seconds=0, kind="CHARGING", kwh=Decimal(0))
            steps = charge.steps if charge.elapsed_s else [*charge.steps, nothing]
            record = self._ledger.post_cdr(session_id, self._spot(session_id), steps, charge.tariff)
            cost = record["total_cost"]["incl_vat"]
            log.info("session %s billed: %s %s incl. VAT", session_id, cost, record["currency"])

    def _spot(self, session_id: str) -> Spot:
        session = self._store.state.sessions[session_id]
        return self._network.spot(session["location_id"], session["evse_uid"])

    def _pace(self) -> float:
        wanted_s = PATCH_EVERY_SIMULATED_S / self.speed
        return min(max(wanted_s, PATCH_AT_MOST_EVERY_S), PATCH_AT_LEAST_EVERY_S)

    def _later(self, seconds: float, action: Callable[[str], None], session_id: str) -> None:
        self._clock.later(seconds, lambda: action(session_id))


def currency_of(tariff: Json | None) -> str:
    """The currency of a tariff; rupees when there is none."""
    return str(tariff["currency"]) if tariff else "INR"


def _meter(charge: Charge) -> Json:
    meter: Json = {"kwh": number(charge.kwh)}
    cost = running_cost(charge.steps, charge.tariff, charge.time_zone)
    return {**meter, "total_cost": cost} if cost else meter
