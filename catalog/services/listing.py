"""Which connectors search may show. One rule, in the database, for refresh and for the quick path of a push."""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q

from emsp.core.sql import binary_cursor
from ocpi.models import ConnectionStatus, Evse, EvseStatus
from ocpi.services.evse_status import NAMED

HIDDEN = (EvseStatus.REMOVED, EvseStatus.PLANNED)
# An operator that moves an EVSE to another uid may leave the old one behind, with the same evse_id.
NEWER_TWIN = Evse.objects.filter(
    evse_id=OuterRef("evse__evse_id"),
    location__party=OuterRef("evse__location__party"),
    last_updated__gt=OuterRef("evse__last_updated"),
    location__publish=True,
    location__gone_at=None,
).exclude(status__in=HIDDEN)


def _on_earth(prefix: str) -> Q:
    latitude, longitude = f"{prefix}latitude", f"{prefix}longitude"
    known = Q(**{f"{latitude}__isnull": False, f"{longitude}__isnull": False})
    inside = Q(**{f"{latitude}__range": (-90, 90), f"{longitude}__range": (-180, 180)})
    return known & inside & (~Q(**{latitude: 0}) | ~Q(**{longitude: 0}))


# On ocpi.Connector, where no evse_id is shared. Source: beckn.md e.1 (what is left out), ocpi.md 3.1 (publish), T34, T38.
ALONE = (
    Q(
        removed=False,
        evse__location__publish=True,
        evse__location__gone_at=None,
        evse__location__party__active=True,
    )
    & ~Q(evse__location__party__connection__status=ConnectionStatus.UNREGISTERED)
    & ~Q(evse__status__in=HIDDEN)
    & (_on_earth("evse__location__") | _on_earth("evse__"))
)
LISTED = ALONE & (~Q(evse__evse_id__regex=NAMED) | ~Exists(NEWER_TWIN))  # ocpi.md T32

# Name by name, so that a table of which nothing is known yet, in a first pull, is never read whole.
_SHARED = """
    select name from unnest(%(names)s::text[]) name
    where (select count(*) from (select from ocpi_evse where evse_id = name limit 2) named) > 1
"""


def shared_names(evses: Iterable[Any]) -> set[str]:
    """Those evse_ids of these EVSEs that another EVSE has too; mostly none."""
    names = {evse.evse_id for evse in evses if re.match(NAMED, evse.evse_id)}
    with binary_cursor() as cursor:
        return {name for (name,) in cursor.execute(_SHARED, {"names": list(names)}).fetchall()}
