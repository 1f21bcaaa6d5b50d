"""Which connectors search may show. One rule, in the database, for refresh and for the quick path of a push."""

from django.db.models import Q

from ocpi.models import ConnectionStatus, EvseStatus

HIDDEN = (EvseStatus.REMOVED, EvseStatus.PLANNED)


def _on_earth(prefix: str) -> Q:
    latitude, longitude = f"{prefix}latitude", f"{prefix}longitude"
    known = Q(**{f"{latitude}__isnull": False, f"{longitude}__isnull": False})
    inside = Q(**{f"{latitude}__range": (-90, 90), f"{longitude}__range": (-180, 180)})
    return known & inside & (~Q(**{latitude: 0}) | ~Q(**{longitude: 0}))


# On ocpi.Connector. Source: beckn.md e.1 (what is left out), ocpi.md 3.1 (publish), T34, T38.
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
)
