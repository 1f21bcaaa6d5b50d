"""Which connectors search may show. One rule, in the database, for refresh and for the quick path of a push."""

from django.db.models import Exists, OuterRef, Q

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


# On ocpi.Connector. Source: beckn.md e.1 (what is left out), ocpi.md 3.1 (publish), T32, T34, T38.
LISTED = (
    Q(
        removed=False,
        evse__location__publish=True,
        evse__location__gone_at=None,
        evse__location__party__active=True,
    )
    & ~Q(evse__location__party__connection__status=ConnectionStatus.UNREGISTERED)
    & ~Q(evse__status__in=HIDDEN)
    & (_on_earth("evse__location__") | _on_earth("evse__"))
    & (~Q(evse__evse_id__regex=NAMED) | ~Exists(NEWER_TWIN))
)
