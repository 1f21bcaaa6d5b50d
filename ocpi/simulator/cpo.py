"""The simulator put together."""

from dataclasses import dataclass, field
from pathlib import Path

from ocpi.simulator import stations, tariffs
from ocpi.simulator.charging import Charging, Delays
from ocpi.simulator.clock import Clock
from ocpi.simulator.commands import Commands
from ocpi.simulator.control import Control
from ocpi.simulator.envelope import Answer, Call
from ocpi.simulator.faults import Faults
from ocpi.simulator.handshake import Handshake
from ocpi.simulator.journal import Journal
from ocpi.simulator.ledger import Ledger
from ocpi.simulator.network import Network, Party
from ocpi.simulator.outbox import Outbox
from ocpi.simulator.page import Page
from ocpi.simulator.peer import Peer
from ocpi.simulator.reservations import Reservations
from ocpi.simulator.router import Router
from ocpi.simulator.senders import Senders
from ocpi.simulator.store import Store
from ocpi.simulator.tokens import Tokens
from ocpi.simulator.values import Json


@dataclass(frozen=True)
class Settings:
    """What the simulator is told when it starts.

    locations, tariffs: OCPI objects in place of the generated ones. state: the file it remembers in; None: it
    does not. speed: simulated seconds per real second.
    """

    base_url: str
    party: Party = Party("IN", "SIM")
    name: str = "Simulated Charging"
    token_a: str = ""
    speed: float = 60
    state: Path | None = None
    locations: list[Json] | None = None
    tariffs: list[Json] | None = None
    delays: Delays = field(default_factory=Delays)


class Cpo:
    """A charge point operator: its state, its modules, and the way in (answer)."""

    def __init__(self, settings: Settings, clock: Clock, journal: Journal) -> None:
        self.store = store = Store(settings.state, clock)
        if settings.token_a:
            store.state.token_a = settings.token_a
        locations, its_tariffs = _supply(settings)
        self.network = Network(locations, its_tariffs, store)
        self.faults = Faults()
        peer = Peer(store, journal, clock)
        self.outbox = Outbox(store, peer, clock)
        ledger = Ledger(store, self.network, self.outbox)
        self.charging = Charging(
            store, self.network, ledger, clock, speed=settings.speed, delays=settings.delays
        )
        self.reservations = Reservations(store, self.network, ledger, clock)
        self.handshake = Handshake(store, peer, clock, base_url=settings.base_url, name=settings.name)
        self.handshake.parties = list(dict.fromkeys([settings.party, *self.network.parties()]))
        self.router = self._router(ledger, clock, journal, settings)

    def answer(self, call: Call) -> Answer:
        """Answer one HTTP request."""
        return self.router.answer(call)

    def resume(self) -> None:
        """Go on where the last run ended; needed once, before serving."""
        self.store.save()
        self.reservations.resume()
        self.charging.resume()
        self.outbox.resume()

    def _router(self, ledger: Ledger, clock: Clock, journal: Journal, settings: Settings) -> Router:
        store, network, faults = self.store, self.network, self.faults
        tokens = Tokens(store)
        commands = Commands(
            store,
            network,
            ledger,
            tokens,
            self.reservations,
            self.charging,
            faults,
            clock,
            settings.delays,
        )
        control = Control(
            store,
            network,
            ledger,
            self.reservations,
            self.charging,
            faults,
            self.handshake,
            self.outbox,
        )
        return Router(
            handshake=self.handshake,
            senders=Senders(store, network, faults, self.handshake.url),
            tokens=tokens,
            commands=commands,
            control=control,
            page=Page(store, network, faults, self.charging, journal, settings.name),
            faults=faults,
            clock=clock,
        )


def _supply(settings: Settings) -> tuple[list[Json], list[Json]]:
    """Locations and tariffs: those given, else generated ones of our own party."""
    country_code, party_id = settings.party
    owner = {"country_code": country_code, "party_id": party_id}
    locations, its_tariffs = settings.locations, settings.tariffs
    if locations is None:
        locations = stations.generated(country_code, party_id, settings.name)
    if its_tariffs is None:
        its_tariffs = tariffs.generated(country_code, party_id)
    return [{**owner, **row} for row in locations], [{**owner, **row} for row in its_tariffs]
