"""What the simulator remembers: registration, tokens, sessions, CDRs, reservations; in one JSON file."""

import logging
import os
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec

from emsp.core.wire import Wire, WireError, convert, encode, load_json, moment_text
from ocpi.simulator.clock import Clock
from ocpi.simulator.values import Json

log = logging.getLogger("ocpi.simulator")

SAVE_AFTER_S = 1.0
HISTORY = 2_000
Kind = Literal["CHARGING", "PARKING", "RESERVATION"]


class Registration(Wire):
    """Tokens and endpoints of the one eMSP. Endpoint keys are `<module> <role>`."""

    token_in: str = ""
    previous_token_in: str = ""
    previous_until: datetime | None = None
    token_out: str = ""
    peer: Json = {}
    endpoints: dict[str, str] = {}


class Step(Wire):
    """A stretch of a session in which nothing that matters for the price changed."""

    start: datetime
    seconds: int
    kind: Kind
    kwh: Decimal = Decimal(0)
    power_kw: Decimal | None = None
    soc_percent: Decimal | None = None


class Charge(Wire):
    """A live session: the car at the plug and how far its simulated time has come.

    started_at: the moment it became ACTIVE; None while PENDING.
    ticked_at: real time up to which it was simulated.
    power_kw up to taper_kwh of energy, then taper_power_kw up to full_kwh.
    """

    session_id: str
    tariff: Json | None
    time_zone: str
    battery_kwh: Decimal
    soc_percent: Decimal
    power_kw: Decimal
    taper_power_kw: Decimal
    taper_kwh: Decimal
    full_kwh: Decimal
    started_at: datetime | None = None
    ticked_at: datetime | None = None
    elapsed_s: int = 0
    parked_s: int = 0
    kwh: Decimal = Decimal(0)
    steps: list[Step] = []
    ended: bool = False


class Reservation(Wire):
    """An EVSE held for a token until expires_at; its session has the status RESERVATION."""

    id: str
    location_id: str
    evse_uid: str
    token_uid: str
    session_id: str
    response_url: str
    start_at: datetime
    expires_at: datetime
    live: bool = True


class EvseState(Wire):
    """The status an EVSE got while the simulator ran."""

    status: str
    last_updated: str


class State(Wire):
    """All that survives a restart.

    token_a: what an eMSP may register with; spent_token_a: the one it did register with.
    unsent: keys of pushes that have not reached the eMSP yet.
    """

    token_a: str = ""
    spent_token_a: str = ""
    registration: Registration = msgspec.field(default_factory=Registration)
    tokens: dict[str, Json] = {}
    sessions: dict[str, Json] = {}
    charges: dict[str, Charge] = {}
    cdrs: dict[str, Json] = {}
    reservations: dict[str, Reservation] = {}
    evses: dict[str, EvseState] = {}
    unsent: list[str] = []


class StateError(Exception):
    """The state file is there but cannot be read or written."""


class Store:
    """The state, its lock, and its file. Change state only under the lock; never call a peer under it."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self.lock = threading.RLock()
        self._path, self._clock = path, clock
        self._writing = threading.Lock()
        self._save_planned = False
        self._version = self._written = 0
        self._last_stamp = datetime.min.replace(tzinfo=UTC)
        self.state = _read(path) if path else State()

    def stamp(self) -> str:
        """A last_updated of now, to the millisecond; later than every one before it."""
        with self.lock:
            moment = self._clock.now()
            moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
            self._last_stamp = max(moment, self._last_stamp + timedelta(milliseconds=1))
            return moment_text(self._last_stamp, milliseconds=True)

    def save_soon(self) -> None:
        """Save within a second; many changes become one write."""
        with self.lock:
            if self._save_planned:
                return
            self._save_planned = True
        self._clock.later(SAVE_AFTER_S, self._save_in_background)

    def save(self) -> None:
        """Write the state now. A reader of the file finds the old state or the new one, never a half.

        Raises StateError when the file cannot be written.
        """
        with self.lock:
            self._save_planned = False
            _forget_oldest(self.state)
            content = encode(self.state)
            self._version += 1
            version = self._version
        with self._writing:
            if self._path is not None and version > self._written:
                _write(self._path, content)
                self._written = version

    def _save_in_background(self) -> None:
        try:
            self.save()
        except StateError as error:
            log.error("%s", error)


def _read(path: Path) -> State:
    try:
        return convert(load_json(path.read_bytes()), State)
    except FileNotFoundError:
        return State()
    except WireError as error:
        raise StateError(f"the state file {path} is damaged ({error}); move it away to start anew") from None
    except OSError as error:
        raise StateError(f"cannot read the state file {path}: {error.strerror}") from None


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        beside.replace(path)
    except OSError as error:
        raise StateError(f"cannot write the state file {path}: {error.strerror}") from None


def _forget_oldest(state: State) -> None:
    """Keep the newest HISTORY sessions, CDRs and reservations, and all that are alive."""
    alive = set(state.charges)
    for reservation in state.reservations.values():
        if reservation.live:
            alive |= {reservation.id, reservation.session_id}
    for kept in (state.sessions, state.cdrs, state.reservations):
        for key in list(kept)[: max(0, len(kept) - HISTORY)]:
            if key not in alive:
                del kept[key]
