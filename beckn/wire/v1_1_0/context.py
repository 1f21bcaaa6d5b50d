"""Context of a message. Source: beckn.md a.2."""

from typing import Any

from emsp.core.wire import Wire


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
    bpp_uri: str | None = None
    timestamp: str | None = None
    ttl: str | None = None
    location: Any = None
