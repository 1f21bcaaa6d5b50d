"""Objects that could not be stored, kept with their reason until they arrive in a form that can.

Source: design.md §5 (one bad object in a page never loses the page).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ocpi.models import Connection, ParkedObject
from ocpi.services.ownership import id_of
from ocpi.services.reports import StoreReport
from ocpi.wire import scalars

REASON_LIMIT = 500


def park(
    connection: Connection, module: str, objects: Iterable[Any], report: StoreReport, *, at: datetime
) -> int:
    """Keep the objects of a page that were refused, whole or in part, and settle those that were stored now.

    module: "locations", "tariffs", "sessions" or "cdrs". objects, report: what a store_* service was given
    and what it said. at: when the page was received.
    Returns how many objects were kept. Two queries at most.
    """
    reasons: dict[str, str] = {}
    for ocpi_id, reason, path in [*report.rejected, *report.partial]:
        text = f"{path}: {reason}" if path else reason
        reasons[ocpi_id] = f"{reasons[ocpi_id]}; {text}" if ocpi_id in reasons else text
    if reasons:
        _keep(connection, module, reasons, {id_of(given): given for given in objects}, at)
    settled = [ocpi_id for ocpi_id in report.stored_ids if ocpi_id not in reasons]
    ParkedObject.objects.filter(
        connection=connection, module=module, ocpi_id__in=settled, resolved_at=None
    ).update(resolved_at=at)
    return len(reasons)


def _keep(
    connection: Connection, module: str, reasons: dict[str, str], raws: dict[str, Any], at: datetime
) -> None:
    rows = [
        ParkedObject(
            connection=connection, module=module, ocpi_id=ocpi_id, reason=reason[:REASON_LIMIT],
            raw=_raw(raws.get(ocpi_id)), last_seen_at=at, resolved_at=None,
        )
        for ocpi_id, reason in reasons.items()
    ]
    ParkedObject.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["connection", "module", "ocpi_id"],
        update_fields=["reason", "raw", "last_seen_at", "resolved_at"],
    )


def _raw(given: Any) -> Any:
    return scalars.storable(given) if given is not None else {}
