"""What stands around a door: a database with an operator, an app, and an order that charges. All of it is rolled back."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import responses
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.test import Client, TestCase

from tests.beckn.conftest import Bap, BapServer, _handler, _Server
from tests.factories.beckn import SubscriberFactory
from tests.flows.world import Cpo, Driver
from tests.fuzz.harness import Broken


@contextmanager
def rolled_back() -> Iterator[None]:
    """A transaction, or a savepoint in one, whose changes are taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def charging() -> Iterator[Driver]:
    """A driver whose car charges at the operator's station."""
    server = BapServer()
    http = _Server(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_address[1]}/bap/energy/v1"
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    client, on_commit = Client(raise_request_exception=False), TestCase.captureOnCommitCallbacks
    try:
        with rolled_back(), responses.RequestsMock(assert_all_requests_are_fired=False) as network:
            SubscriberFactory(url=server.url)
            driver = Driver(Bap(client, on_commit, url=server.url), server, Cpo(client, network, on_commit))
            driver.session = driver.charge()
            yield driver
    finally:
        http.shutdown()
        http.server_close()


class Witness(logging.Handler):
    """Remembers the first error that the project caught and logged itself, which an answer may not show."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.error: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if self.error is None and not isinstance(error, SuspiciousOperation):  # Django's name for a 400
            self.error = error

    def check(self) -> None:
        """Raises what was logged since the last time."""
        error, self.error = self.error, None
        if error is not None:
            raise error


@contextmanager
def witnessed() -> Iterator[Witness]:
    """Nothing is logged meanwhile, and what would have been an error is told by the witness."""
    witness, root = Witness(), logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers[:] = [witness]
    root.setLevel(logging.ERROR)
    try:
        yield witness
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def answered(answer: Any, witness: Witness) -> Any:
    """The answer, which must not be of 500 and above. Raises what was logged, or Broken."""
    witness.check()
    if answer.status_code >= 500:
        raise Broken(f"HTTP {answer.status_code}: {answer.content[:120]!r}")
    return answer
