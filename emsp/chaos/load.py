"""The load: drivers who search, and drivers who charge, each a conversation of one app."""

import random
import threading
import time
import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

from beckn.walk.app import App
from beckn.walk.conversation import Conversation, WalkFailed
from beckn.walk.steps import Walk

PATIENCE_S = 25  # a request is sent again that long; the ttl of its context is 30 s
ANSWER_S = 90
ENERGY_KWH = Decimal(2)
PAUSE_S = 0.5


class Load:
    """Runs until stop(). places: `latitude,longitude` of stations, one of which a driver searches at.

    conversations: every transaction so far, with what it asked and received. endings: how the orders of the
    drivers ended, by a short text.
    """

    def __init__(self, app: App, places: list[str], *, searchers: int, drivers: int, seed: int) -> None:
        self._app, self._places, self._random = app, places, random.Random(seed)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.conversations: list[Conversation] = []
        self.endings: Counter[str] = Counter()
        loops = [self._search] * searchers + [self._charge] * drivers
        self._threads = [threading.Thread(target=self._loop, args=(loop,), daemon=True) for loop in loops]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, within_s: float) -> int:
        """Let everybody finish what was begun; gives how many did not within the time."""
        self._over.set()
        deadline = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return sum(thread.is_alive() for thread in self._threads)

    def _loop(self, one: Any) -> None:
        while not self._over.wait(PAUSE_S):
            with self._lock:
                gps = self._random.choice(self._places)
                conversation = self._app.conversation(patience_s=PATIENCE_S, answer_s=ANSWER_S)
                self.conversations.append(conversation)
            one(conversation, gps)

    def _search(self, conversation: Conversation, gps: str) -> None:
        try:
            self._walk(conversation, gps).search()
        except WalkFailed as problem:
            self._note(f"search: {_short(problem)}")

    def _charge(self, conversation: Conversation, gps: str) -> None:
        walk = self._walk(conversation, gps)
        try:
            walk.run()
            self._note("billed")
        except WalkFailed as problem:
            self._note(_short(problem))
            self._leave(walk, conversation)

    def _leave(self, walk: Walk, conversation: Conversation) -> None:
        """A driver who gave up does not leave the car plugged in."""
        told = [callback.order["id"] for callback in conversation.received() if callback.order.get("id")]
        walk.order_id = walk.order_id or next(iter(told), "")
        if walk.order_id:
            try:
                walk.stop()
            except WalkFailed as problem:
                self._note(f"stop: {_short(problem)}")

    def _walk(self, conversation: Conversation, gps: str) -> Walk:
        return Walk(conversation, _unheard, gps=gps, radius_km=2, energy_kwh=ENERGY_KWH)

    def _note(self, ending: str) -> None:
        with self._lock:
            self.endings[ending] += 1


def _unheard(action: str, what: str, acked_s: float | None, answered_s: float | None) -> None:
    """Nobody reads along."""


def _short(problem: WalkFailed) -> str:
    """The problem without ids, so that equal ones count together."""
    words = str(problem).partition("{")[0].split()
    return " ".join(word for word in words if not _is_id(word))[:80]


def _is_id(word: str) -> bool:
    try:
        uuid.UUID(word.strip(".,:"))
    except ValueError:
        return False
    return True
