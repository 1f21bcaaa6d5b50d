"""The ids of what is being worked on. Log lines, traces and outbox rows find them here; nobody passes them on.

A scope is opened for each request that comes in and for each row that a worker takes up. What is learnt inside is
noted: the conversation, the order, the partner. A row that others will work on keeps the ids it was made under.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LENGTH = 255  # characters of one id
OF_CONVERSATION = ("transaction_id", "message_id", "action", "subscriber")

_scope: ContextVar[dict[str, str] | None] = ContextVar("ids", default=None)


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """A scope for one piece of work: it starts with the ids of the scope around it, and with these."""
    token = _scope.set({**ids_now(), **_kept(ids)})
    try:
        yield
    finally:
        _scope.reset(token)


def note(**ids: str) -> None:
    """Add ids to the scope. Where none is open, several things are worked on at once, and nothing is noted."""
    scope = _scope.get()
    if scope is not None:
        scope.update(_kept(ids))


def ids_now() -> dict[str, str]:
    """The ids of the scope: transaction_id, message_id, action, subscriber, order, connection … as far as known."""
    return dict(_scope.get() or {})


def of_conversation() -> dict[str, str]:
    """The ids under which a row is made that others will work on: the conversation, and the message that led to it."""
    return {name: value for name, value in ids_now().items() if name in OF_CONVERSATION}


def _kept(ids: dict[str, str]) -> dict[str, str]:
    return {name: value[:LENGTH] for name, value in ids.items() if value}
