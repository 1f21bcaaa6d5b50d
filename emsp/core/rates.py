"""Counts what happens in a second, for all processes together, in Redis."""

import logging
from functools import lru_cache
from time import time

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

TIMEOUT_S = 0.2
KEPT_S = 2


def count(*names: str) -> list[int] | None:
    """How often each name was counted in this second, this time included; None when Redis does not answer.

    Atomic: of any number of processes, each gets another number.
    """
    second = int(time())
    pipeline = _client(settings.REDIS_URL).pipeline(transaction=False)
    for name in names:
        key = f"emsp:rate:{second}:{name}"
        pipeline.incr(key)
        pipeline.expire(key, KEPT_S)
    try:
        answers = pipeline.execute()
    except (redis.RedisError, OSError) as error:
        log.warning("nothing is counted, and nobody refused: Redis: %s", type(error).__name__)
        return None
    return [int(number) for number in answers[::2]]


@lru_cache(maxsize=2)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
    )
