"""Counts what happens in a second, and paces what must not happen too often, for all processes together, in Redis."""

import logging
from decimal import Decimal
from functools import lru_cache
from time import time

import redis
from django.conf import settings

from emsp.core.lines import TwoWay
from emsp.core.memory import Memory

log = logging.getLogger(__name__)

TIMEOUT_S = 0.2
KEPT_S = 2

_away: Memory[bool] = Memory(ttl_s=5)  # a Redis that is away is not waited for by every request


_COUNT = """
local counts = {}
for at, key in ipairs(KEYS) do
  counts[at] = redis.call('INCR', key)
  if counts[at] == 1 then redis.call('EXPIRE', key, ARGV[1]) end
end
return counts
"""


def count(*names: str) -> list[int] | None:
    """How often each name was counted in this second, this time included; None while Redis does not answer.

    Atomic: of any number of processes, each gets another number.
    """
    if _away.get("redis"):
        return None
    second = int(time())
    try:
        keys = [f"emsp:rate:{second}:{name}" for name in names]
        counts: list[int] = _line(settings.REDIS_URL).ask("EVAL", _COUNT, len(keys), *keys, KEPT_S)
    except (redis.RedisError, OSError) as error:
        log.warning("nothing is counted, and nobody refused: Redis: %s", type(error).__name__)
        _away.put("redis", True)
        return None
    return counts


# Two moments are kept: when whoever has time may go next, and when those who go ahead may.
# One who goes ahead puts the others off by one step.
_TURN = """
local now, step, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local function free(key) return math.max(now, tonumber(redis.call('GET', key) or '0')) end
local function take(key, at) redis.call('SET', key, string.format('%.6f', at), 'PX', math.ceil((at - now + 1) * 1000)) end
local at = free(KEYS[1])
take(KEYS[1], at + step)
if most >= 0 then
  at = math.min(free(KEYS[2]), now + most)
  take(KEYS[2], at + step)
end
return string.format('%.6f', at - now)
"""


def turn(name: str, *, per_s: Decimal, most_s: float | None = None) -> float:
    """How many seconds to wait now, so that `name` happens per_s times a second at the most; 0 without Redis.

    most_s: for one who goes ahead of those who gave none, and waits no longer than this. Each call is one turn taken.
    """
    keys = [f"emsp:turn:{name}", f"emsp:turn:{name}:ahead"]
    numbers = [time(), 1 / float(per_s), -1 if most_s is None else most_s]
    try:
        answer = _line(settings.REDIS_URL).ask("EVAL", _TURN, len(keys), *keys, *numbers)
    except (redis.RedisError, OSError) as error:
        log.warning("nothing is paced: Redis: %s", type(error).__name__)
        return 0.0
    return float(answer)


@lru_cache(maxsize=2)
def _line(url: str) -> TwoWay:
    return TwoWay(url, timeout_s=TIMEOUT_S)
