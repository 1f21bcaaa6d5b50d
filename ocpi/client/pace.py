"""Waiting for a turn at a peer that lets us send only so many requests. Source: ocpi.md T13.

Paced, never refused: what nobody waits for takes its time, what a driver waits for goes ahead of it.
"""

import time
from collections.abc import Callable

from emsp.core.rates import turn
from ocpi.models import Connection

AHEAD_WITHIN_S = 5.0
PIECE_S = 30.0  # well below the lease of a pull, which is renewed with each piece

Sleep = Callable[[float], None]


def wait_for_turn(connection: Connection | None, patiently: Sleep | None) -> None:
    """Sleep until a request may leave; returns at once where the connection has no rate_limit.

    patiently: how to sleep, in pieces, as long as it takes. None: go ahead of those who do so, after AHEAD_WITHIN_S
    at the most.
    """
    if connection is None or connection.rate_limit is None:
        return
    most_s = None if patiently else AHEAD_WITHIN_S
    left_s = turn(f"ocpi:{connection.pk}", per_s=connection.rate_limit, most_s=most_s)
    while left_s > 0:
        (patiently or time.sleep)(min(left_s, PIECE_S))
        left_s -= PIECE_S
