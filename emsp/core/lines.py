"""Connections to Redis for the hot path: commands go out and answers come in without what the client does around them."""

import threading
from collections.abc import Sequence
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from emsp.core.memory import Memory

AWAY_S = 1


class TwoWay:
    """Asks Redis one thing at a time, on a connection that nobody uses just then. For all threads."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._pool = _pool(url, timeout_s)
        self._idle: list[Any] = []

    def ask(self, *command: Any) -> Any:
        """The answer. What went out on a connection that had ended meanwhile is sent again. Raises redis.RedisError."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._pool.make_connection()
        packed = [pack(command)]
        try:
            try:
                return _answer(connection, packed)
            except redis.ConnectionError:
                return _answer(connection, packed)  # it opens again
        finally:
            self._idle.append(connection)


class OneWay:
    """A connection on which Redis was told to answer nothing, so that nobody waits for what may be lost. For all threads.

    Whatever can be read from it nevertheless is its end. A Redis that is away is left alone for AWAY_S.
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._connection: Any = _pool(url, timeout_s).make_connection()
        self._lock, self._away = threading.Lock(), Memory[bool](ttl_s=AWAY_S)

    def send(self, *commands: tuple[Any, ...]) -> None:
        """Raises redis.RedisError where they surely do not arrive."""
        if self._away.get("redis"):
            raise redis.ConnectionError("Redis was away a moment ago")
        with self._lock:
            try:
                self._open()
                self._connection.send_packed_command([b"".join(map(pack, commands))], check_health=False)
            except (redis.RedisError, OSError):
                self._connection.disconnect()
                self._away.put("redis", True)
                raise

    def _open(self) -> None:
        connection = self._connection
        if connection.is_connected:
            try:
                if not connection.can_read(0):
                    return
            except redis.ConnectionError:
                pass  # it has ended
            connection.disconnect()
        connection.connect()
        connection.send_command("CLIENT", "REPLY", "OFF", check_health=False)


def _pool(url: str, timeout_s: float) -> Any:
    """Makes connections on which nothing is tried again. timeout_s: for connecting, and for an answer."""
    return redis.ConnectionPool.from_url(
        url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=Retry(NoBackoff(), 0)
    )


def pack(command: Sequence[bytes | str | float]) -> bytes:
    """A command as it goes out. The client's own way to put it into words takes three times as long."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words])


def _answer(connection: Any, packed: Any) -> Any:
    connection.send_packed_command(packed, check_health=False)
    return connection.read_response()
