"""The headers of OCPI that come back with every answer. Source: ocpi.md 1.2-1.5."""

import uuid
from typing import Any

from emsp.core.correlation import note

TRACING = {"X-Request-ID": "HTTP_X_REQUEST_ID", "X-Correlation-ID": "HTTP_X_CORRELATION_ID"}
ROUTING = {
    f"OCPI-{ours}-{part}": f"HTTP_OCPI_{theirs}_{part}".replace("-", "_").upper()
    for ours, theirs in (("from", "to"), ("to", "from"))
    for part in ("country-code", "party-id")
}


def tracing_of(meta: dict[str, Any]) -> dict[str, str]:
    """Request and correlation id, made here where the peer named none. meta: HttpRequest.META."""
    return {name: meta.get(given) or str(uuid.uuid4()) for name, given in TRACING.items()}


def note_request(tracing: dict[str, str], *, module: str) -> None:
    """Note the ids of a request, and the module it is about, in the scope."""
    note(request_id=tracing["X-Request-ID"], correlation_id=tracing["X-Correlation-ID"], ocpi_module=module)


def routing_of(meta: dict[str, Any]) -> dict[str, str]:
    """Routing headers come back swapped."""
    return {name: meta[given] for name, given in ROUTING.items() if meta.get(given)}
