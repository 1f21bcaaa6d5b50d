"""Fixtures of the tests of emsp.core."""

from tests.redis_server import redis_server  # noqa: F401 (fixture)
