"""CDRs that do not come: asked for at the CPO, then raised for staff. Source: ocpi.md 3.4, T61."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ocpi.models import Connection, ConnectionStatus
from ocpi.services.pull_schedule import want_full
from ocpi.services.pulls import request_pull
from sessions.models import AuditPolicy, MissingCdr, Order
from sessions.states import OrderState

BATCH = 200
OLDEST = timedelta(days=30)  # a pull looks back no further


def look_for_missing() -> int:
    """Pull for CDRs that should be there, raise those that a pull did not bring; gives how many orders changed."""
    return _ask() + _raise()


def settle(order: Order) -> None:
    """The CDR of an order came."""
    MissingCdr.objects.filter(order=order, settled_at=None).update(settled_at=timezone.now())


@transaction.atomic
def _ask() -> int:
    now = timezone.now()
    orders = list(_unbilled(now)[:BATCH])
    made = MissingCdr.objects.bulk_create(
        [MissingCdr(order=order, asked_at=now) for order in orders], ignore_conflicts=True
    )
    connections = Connection.objects.filter(
        pk__in={order.party.connection_id for order in orders}, status=ConnectionStatus.REGISTERED
    )
    for connection in connections:
        # What changed since the last pull is there already: only a complete read can bring it.
        want_full(connection, ("cdrs",))
        request_pull(connection)
    return len(made)


def _unbilled(now: datetime) -> QuerySet[Order]:
    """Orders whose charge ended longer ago than their CPO may take for the CDR, not yet asked for."""
    default_h = float(settings.CDR_AUDIT["missing_after_h"])
    late = Q(ended_at__lt=now - timedelta(hours=default_h), party__audit_policy__missing_after_h=None)
    own = AuditPolicy.objects.exclude(missing_after_h=None).values_list("party", "missing_after_h")
    for party, after_h in own:
        late |= Q(ended_at__lt=now - timedelta(hours=float(after_h or 0)), party=party)
    return (
        Order.objects.filter(late, ended_at__gt=now - OLDEST, bills=None, missing_cdr=None)
        .filter(Q(state=OrderState.ENDED) | Q(state=OrderState.CANCELLED, session__status="COMPLETED"))
        .select_related("party")
    )


def _raise() -> int:
    now = timezone.now()
    asked_before = now - timedelta(hours=settings.CDR_RAISE_AFTER_H)
    return MissingCdr.objects.filter(
        raised_at=None, settled_at=None, asked_at__lt=asked_before, order__bills=None
    ).update(raised_at=now)
