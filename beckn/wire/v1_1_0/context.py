"""Context of a message. Source: beckn.md a.2."""

from collections.abc import Mapping
from typing import Any

from emsp.core.wire import Wire

ECHOED = ("domain", "version", "location", "bap_id", "bap_uri")


class Context(Wire):
    """Who asks whom about what. What an answer cannot be sent without is required."""

    domain: str
    action: str
    bap_id: str
    bap_uri: str
    transaction_id: str
    message_id: str
    version: str | None = None
    core_version: str | None = None  # 0.9 spelling
    bpp_id: str | None = None
    timestamp: str | None = None
    ttl: str | None = None


def echoed(context: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a request's context that every callback of the conversation gives back."""
    return {name: context[name] for name in ECHOED if context.get(name) is not None}
