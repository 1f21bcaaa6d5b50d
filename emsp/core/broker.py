"""Kombu's transport to Redis, whose channels say in Celery's terms that their connection was lost or left."""

import redis
from kombu import transport
from kombu.transport import redis as kombu_redis
from redis.backoff import NoBackoff
from redis.retry import Retry


class Channel(kombu_redis.Channel):  # type: ignore[misc]
    def _connparams(self, asynchronous: bool = False) -> dict[str, object]:
        """Where Redis is. Raises redis.ConnectionError when the connection of this channel was left.

        A task may end after that, and its message be acknowledged; kombu 5.7 would look for an address that is gone, and
        the AttributeError of that would end a worker. Redis keeps what is not acknowledged, or has lost it itself.
        asynchronous: for what the worker's loop waits for. There nothing is tried again: the client would open a lost
        connection by itself, and the loop then wait in one read for news, deaf for tasks and signals.
        """
        if self.connection.client is None:
            raise redis.ConnectionError("the connection was left")
        parameters: dict[str, object] = super()._connparams(asynchronous)  # type: ignore[misc]
        return parameters | {"retry": Retry(NoBackoff(), 0)} if asynchronous else parameters


class Transport(kombu_redis.Transport):  # type: ignore[misc]
    Channel = Channel


def use() -> None:
    """Have broker URLs that begin with redis or rediss go through this transport."""
    transport.TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), f"{__name__}:Transport")
