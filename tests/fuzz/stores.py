"""What a decoder accepts, PostgreSQL must take, and give back as it was: pages of spoiled objects, as pulls bring them."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

from emsp.core.wire import WireError, encode
from ocpi.client.lenient import load_leniently
from ocpi.models import Cdr, Location, ParkedObject, Party, Session, Tariff
from ocpi.services import cdrs, locations, sessions, tariffs
from ocpi.services.parked import park
from tests.factories.ocpi import CpoFactory
from tests.fuzz import seeds
from tests.fuzz.harness import Act, Broken
from tests.fuzz.spoiling import spoiled
from tests.fuzz.world import rolled_back

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STORES: dict[str, tuple[Callable[..., Any], Any]] = {
    "locations": (locations.store_locations, Location), "tariffs": (tariffs.store_tariffs, Tariff),
    "sessions": (sessions.store_sessions, Session), "cdrs": (cdrs.store_cdrs, Cdr),
}  # fmt: skip


def storing(module: str) -> Callable[[], AbstractContextManager[Act]]:
    """The act of a module: a page is stored and what is refused is parked, then all is read again."""
    seeded = {json.loads(text)["id"] for text in seeds.ocpi(module)}

    @contextmanager
    def opened() -> Iterator[Act]:
        with rolled_back():
            party = CpoFactory()
            yield lambda sources: _stored(party, module, [*_objects(module, seeded, sources)])

    return opened


def _objects(module: str, seeded: set[str], sources: Sequence[bytes]) -> Iterator[Any]:
    for number, source in enumerate(sources):
        try:
            given = load_leniently(spoiled(source, seeds.ocpi(module)))
        except WireError:
            continue
        if isinstance(given, dict) and isinstance(given.get("id"), str) and given["id"] in seeded:
            given["id"] += f"-{number}"  # of two with one id the newer one counts
        yield given


def _stored(party: Party, module: str, objects: list[Any]) -> int:
    store, model = STORES[module]
    with rolled_back():
        report = store(party, objects, received_at=NOW)
        park(party.connection, module, objects, report, at=NOW)
        rows = [*model.objects.filter(party=party), *ParkedObject.objects.all()]
        encode([row.raw for row in rows])
        again = store(party, objects, received_at=NOW)
        if again.created:
            raise Broken(f"{again.created} of {len(objects)} objects are new when they come again")
        return len(report.stored_ids)
