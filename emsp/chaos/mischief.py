"""What goes wrong on purpose: SIGKILL to the demo's processes, an emptied broker, faults at the simulated CPO, cut links."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import redis
import requests

from emsp.demo.apart import SIDES, cut, mend
from emsp.demo.leftovers import members, recorded, send

VICTIMS = ("web", "worker", "commands", "pulls", "beat", "redis", "postgres")
FLUSH = "FLUSHALL"
CUT_S = (6.0, 20.0)  # shorter and longer than the time limits of connections
MOST_PER_MINUTE = 3  # the demo gives up on a process that dies six times within a minute
FAULTS: list[dict[str, object]] = [
    {"kind": "slow", "seconds": 3, "times": 2},
    {"kind": "500", "times": 1},
    {"kind": "reset", "times": 1},
    {"kind": "late_result", "seconds": 10, "times": 1},
    {"kind": "repeated_result", "times": 2},
    {"kind": "missing_result", "times": 1},
    {"kind": "session_after_timeout", "seconds": 5, "times": 1},
]
Tell = Callable[[str], None]


class Mischief:
    """Strikes now and then. deeds: how often each was done."""

    def __init__(self, folder: Path, *, redis_url: str, control_url: str, seed: int, tell: Tell) -> None:
        self._folder, self._redis_url, self._control_url = folder, redis_url, control_url
        self._random, self._tell = random.Random(seed), tell
        self._killed_at: dict[str, list[float]] = {name: [] for name in VICTIMS}
        self.deeds: Counter[str] = Counter()

    def strike(self, now: float) -> None:
        """One random deed. now: monotonic seconds."""
        deed = self._random.choice([*VICTIMS, FLUSH, "fault", "fault"])
        if deed == "fault":
            self.ask_simulator({"fault": self._random.choice(FAULTS)})
        elif deed == FLUSH:
            self._flush()
        elif not self._kill(deed, now):
            return
        self.deeds[deed] += 1
        self._tell(deed)

    def speed(self) -> float:
        """Simulated seconds per real second. Raises requests.RequestException."""
        answer = requests.get(self._control_url, timeout=10)
        answer.raise_for_status()
        return float(answer.json()["speed"])

    def ask_simulator(self, order: dict[str, object]) -> None:
        """One order to the simulator's switchboard. Raises requests.RequestException."""
        requests.post(self._control_url, json=order, timeout=10).raise_for_status()

    def _kill(self, name: str, now: float) -> bool:
        recent = [at for at in self._killed_at[name] if now - at < 60]
        if len(recent) >= MOST_PER_MINUTE:
            return False
        self._killed_at[name] = [*recent, now]
        for entry in recorded(self._folder):
            if entry.name == name:
                for process in members(entry):
                    send(process, signal.SIGKILL)
        return True

    def _flush(self) -> None:
        try:
            with redis.Redis.from_url(self._redis_url, socket_timeout=2) as broker:
                broker.flushall()
        except redis.RedisError:
            self._tell("Redis is away, nothing to empty")


class Cuts(Mischief):
    """Cuts one side of a demo on network namespaces off, for a while, and then lets it back in."""

    def strike(self, now: float) -> None:
        """One cut, of a random side and length; the other side goes on alone."""
        side, seconds = self._random.choice(sorted(SIDES)), self._random.uniform(*CUT_S)
        self._tell(f"side {side} is cut off for {seconds:.0f} s")
        cut(side)
        try:
            time.sleep(seconds)
        finally:
            mend(side)
        self.deeds[f"cut {side}"] += 1


def until(seconds: float, every_s: float, strike: Callable[[float], None]) -> None:
    """Strike every so often, for so long."""
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        strike(now)
        time.sleep(min(every_s, max(0.0, end - time.monotonic())))
