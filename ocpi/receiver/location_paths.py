"""Which object a locations URL means. Pure.

Ids may contain `/`. The web server decodes %2F before the application sees the path, so a URL can be read in
several ways; the plain one comes first. Source: ocpi.md 1.2 (ids are percent-encoded), checklist 47.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST_SEGMENTS = 8


@dataclass(frozen=True)
class Target:
    """A location, an EVSE of it, or a connector of that."""

    location_id: str
    evse_uid: str | None = None
    connector_id: str | None = None

    @property
    def own_id(self) -> str:
        """The id of the object itself."""
        return self.connector_id or self.evse_uid or self.location_id

    def is_called(self, body: Any) -> bool:
        """Whether a body names this object by its own id."""
        name = "id" if self.connector_id or not self.evse_uid else "uid"
        stated = body.get(name) if isinstance(body, dict) else None
        return stated is not None and str(stated).strip().casefold() == self.own_id.casefold()


def targets(tail: str) -> list[Target]:
    """The ways to read what follows country code and party id, the plain one first."""
    segments = tail.removesuffix("/").split("/")
    if len(segments) > MOST_SEGMENTS:
        return [Target(segments[0], segments[1], "/".join(segments[2:]))]
    plain = Target(segments[0], *segments[1:2], *(["/".join(segments[2:])] if segments[2:] else []))
    return [plain, *(target for target in _splits(segments) if target != plain)]


def _splits(segments: list[str]) -> Iterator[Target]:
    count = len(segments)
    for first in range(1, count + 1):
        location_id = "/".join(segments[:first])
        if first == count:
            yield Target(location_id)
        for second in range(first + 1, count + 1):
            evse_uid = "/".join(segments[first:second])
            if second == count:
                yield Target(location_id, evse_uid)
            else:
                yield Target(location_id, evse_uid, "/".join(segments[second:]))
