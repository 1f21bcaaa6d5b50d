"""The switchboard: GET and POST /control, from this machine only.

POST takes a JSON object with any of these members and answers with the same document as GET:
  {"fault": {"kind": "slow", "seconds": 3, "path": "/locations", "times": 2}}
  {"reset": true}                                                    all faults off
  {"register": {"versions_url": "…", "token_a": "…"}}                we start the handshake with an eMSP
  {"unregister": true}                                               forget the eMSP; token A is good again
  {"evse": {"location_id": "…", "evse_uid": "…", "status": "OUTOFORDER"}}
  {"cancel_reservation": "ID"}                                       the operator cancels it
  {"stop": "SESSION_ID"}                                             the driver stops at the charge point
  {"speed": 120}                                                     simulated seconds per real second
"""

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from emsp.core.wire import Wire, WireError, decode, encode
from ocpi.simulator.charging import Charging
from ocpi.simulator.envelope import Answer, Call, Refusal
from ocpi.simulator.faults import Fault, Faults
from ocpi.simulator.handshake import Handshake
from ocpi.simulator.ledger import Ledger
from ocpi.simulator.network import Network
from ocpi.simulator.outbox import Outbox
from ocpi.simulator.peer import PeerError
from ocpi.simulator.reservations import Reservations
from ocpi.simulator.store import Store

FASTEST = 3600


class Register(Wire, forbid_unknown_fields=True):
    """An eMSP to register with."""

    versions_url: str
    token_a: str


class EvseChange(Wire, forbid_unknown_fields=True):
    """A status for one EVSE."""

    location_id: str
    evse_uid: str
    status: Literal[
        "AVAILABLE",
        "BLOCKED",
        "CHARGING",
        "INOPERATIVE",
        "OUTOFORDER",
        "PLANNED",
        "REMOVED",
        "RESERVED",
        "UNKNOWN",
    ]


class Orders(Wire, forbid_unknown_fields=True):
    """What POST /control takes."""

    fault: Fault | None = None
    reset: bool = False
    register: Register | None = None
    unregister: bool = False
    evse: EvseChange | None = None
    cancel_reservation: str | None = None
    stop: str | None = None
    speed: float | None = None


class Control:
    """Lets the person at the machine steer the simulator."""

    def __init__(
        self,
        store: Store,
        network: Network,
        ledger: Ledger,
        reservations: Reservations,
        charging: Charging,
        faults: Faults,
        handshake: Handshake,
        outbox: Outbox,
    ) -> None:
        self._store, self._network, self._ledger = store, network, ledger
        self._reservations, self._charging = reservations, charging
        self._faults, self._handshake, self._outbox = faults, handshake, outbox

    def serve(self, call: Call) -> Answer:
        """Answer GET or POST /control; others than this machine get 403."""
        if not _from_here(call):
            return _problem(403, "/control answers to this machine only")
        if call.method == "GET":
            return self._report()
        if call.method != "POST":
            return _problem(405, "/control knows GET and POST")
        if not call.headers.get("content-type", "").startswith("application/json"):
            return _problem(415, "Content-Type: application/json is needed")
        try:
            self._obey(decode(call.body, Orders))
        except WireError as error:
            return _problem(400, str(error))
        except Refusal as refusal:
            return _problem(refusal.status, str(refusal))
        except PeerError as failure:
            return _problem(502, f"the eMSP did not register us: {failure}")
        return self._report()

    def _obey(self, orders: Orders) -> None:
        if orders.speed is not None:
            if not 0 < orders.speed <= FASTEST:
                raise WireError(f"must be above 0 and at most {FASTEST}", path="speed")
            self._charging.set_speed(orders.speed)
        if orders.reset:
            self._faults.reset()
        if orders.fault:
            self._faults.add(orders.fault)
        if orders.unregister:
            self._handshake.forget()
        if orders.register:
            self._handshake.register(orders.register.versions_url, orders.register.token_a)
        if orders.evse:
            self._change_evse(orders.evse)
        if orders.cancel_reservation:
            with self._store.lock:
                held = self._reservations.known(orders.cancel_reservation)
                if held is None:
                    raise Refusal(404, 2000, "no live reservation has that id")
                self._reservations.cancel_by_operator(held)
        if orders.stop and not self._charging.stop(orders.stop):
            raise Refusal(404, 2000, "no live session has that id")

    def _change_evse(self, change: EvseChange) -> None:
        with self._store.lock:
            spot = self._network.spot(change.location_id, change.evse_uid)
            held = self._reservations.of(spot)
            self._ledger.set_status(spot, change.status)
            if held and change.status != "RESERVED":
                self._reservations.cancel_by_operator(held)

    def _report(self) -> Answer:
        with self._store.lock:
            state = self._store.state
            report = {
                "registered": bool(state.registration.token_out),
                "versions_url": self._handshake.versions_url,
                "speed": self._charging.speed,
                "faults": self._faults.active(),
                "locations": len(self._network.locations),
                "tariffs": len(self._network.tariffs),
                "sessions": list(state.sessions.values())[-20:],
                "reservations": [row.id for row in state.reservations.values() if row.live],
                "cdrs": len(state.cdrs),
                "pushes_waiting": self._outbox.waiting(),
            }
            return Answer(200, encode(report))


def _problem(status: int, message: str) -> Answer:
    return Answer(status, encode({"error": message}))


def _from_here(call: Call) -> bool:
    """Whether the call comes from this machine, and was addressed to it by a name of this machine.

    The Host check keeps out web pages that let their own name point here, and reverse proxies.
    """
    try:
        host = urlsplit(f"//{call.headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return _is_loopback(call.client) and (host == "localhost" or _is_loopback(host))


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
