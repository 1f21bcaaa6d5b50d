"""Pushes to the eMSP: one lane per object, so that they keep their order; failed ones are tried again.

A lane that failed forgets what it was about to say and says the newest state of its object instead.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ocpi.simulator.clock import Clock
from ocpi.simulator.peer import Peer, PeerError, Request
from ocpi.simulator.store import Store

log = logging.getLogger("ocpi.simulator")

RETRY_AFTER_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)

Newest = Callable[[str, bool], Request | None]
"""(id, whole) → the request that tells the newest state; whole: the eMSP does not know the object at all."""


@dataclass
class _Lane:
    waiting: deque[Request] = field(default_factory=deque)
    newest: bool = False  # the next thing said is the newest state
    whole: bool = False
    tries: int = 0
    busy: bool = False


class Outbox:
    """Queues requests under a key `<kind> <id>`; kinds with a source can be told anew after a failure."""

    def __init__(self, store: Store, peer: Peer, clock: Clock) -> None:
        self._store, self._peer, self._clock = store, peer, clock
        self._lanes: dict[str, _Lane] = {}
        self._sources: dict[str, Newest] = {}

    def source(self, kind: str, newest: Newest) -> None:
        """Say how the newest state of objects of a kind is told."""
        self._sources[kind] = newest

    def push(self, key: str, request: Request) -> None:
        """Send soon, in the background, after what was pushed under the same key before."""
        with self._store.lock:
            if not self._peer.registered:
                return
            lane = self._lanes.setdefault(key, _Lane())
            if lane.newest:
                return  # the newest state will include this change
            lane.waiting.append(request)
            self._remember(key)
            self._wake(key, lane, 0.0)

    def resume(self) -> None:
        """After a restart: tell the newest state of everything that had not reached the eMSP."""
        with self._store.lock:
            for key in self._store.state.unsent:
                lane = self._lanes.setdefault(key, _Lane(newest=True))
                self._wake(key, lane, 0.0)

    def waiting(self) -> int:
        """How many objects have news that has not reached the eMSP."""
        with self._store.lock:
            return len(self._lanes)

    def _wake(self, key: str, lane: _Lane, seconds: float) -> None:
        if not lane.busy:
            lane.busy = True
            self._clock.later(seconds, lambda: self._send(key))

    def _send(self, key: str) -> None:
        with self._store.lock:
            lane = self._lanes[key]
            request = self._next(key, lane)
        failure = None
        try:
            if request is not None:
                self._peer.send(request)
        except PeerError as error:
            failure = error
        with self._store.lock:
            lane.busy, wait = False, 0.0
            if request is not None and failure is not None:
                wait = self._after_failure(key, lane, request, failure)
            else:
                lane.tries, lane.whole = 0, False
            if lane.newest or lane.waiting:
                self._wake(key, lane, wait)
            else:
                del self._lanes[key]
                self._forget(key)

    def _next(self, key: str, lane: _Lane) -> Request | None:
        kind, _, id = key.partition(" ")
        if lane.newest and kind in self._sources:
            lane.newest = False
            lane.waiting.clear()
            return self._sources[kind](id, lane.whole)
        lane.newest = False
        return lane.waiting.popleft() if lane.waiting else None

    def _after_failure(self, key: str, lane: _Lane, request: Request, failure: PeerError) -> float:
        """Plan what comes next; gives the seconds until then."""
        told_anew = key.partition(" ")[0] in self._sources
        if failure.status == 404 and told_anew and not lane.whole:
            lane.newest = lane.whole = True  # PATCH of an object the eMSP has not: PUT it, ocpi.md §1.9
            return 0.0
        if failure.lasting or failure.status == 404:
            log.warning("push of %s was refused: %s", key, failure)
            lane.tries, lane.whole = 0, False
            return 0.0
        if lane.tries == len(RETRY_AFTER_S):
            log.warning("push of %s given up after %s tries: %s", key, lane.tries + 1, failure)
            lane.waiting.clear()
            return 0.0
        if lane.tries == 0:
            log.warning("push of %s failed, will be tried again: %s", key, failure)
        lane.tries += 1
        if told_anew:
            lane.newest = True
        else:
            lane.waiting.appendleft(request)
        return RETRY_AFTER_S[lane.tries - 1]

    def _remember(self, key: str) -> None:
        kind = key.partition(" ")[0]
        unsent = self._store.state.unsent
        if kind in self._sources and key not in unsent:
            unsent.append(key)
            self._store.save_soon()

    def _forget(self, key: str) -> None:
        if key in self._store.state.unsent:
            self._store.state.unsent.remove(key)
            self._store.save_soon()
