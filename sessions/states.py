"""States of an order and the one table of moves between them."""

from django.db import models


class OrderState(models.TextChoices):
    QUOTED = "QUOTED", "quoted"
    RESERVING = "RESERVING", "waiting for the charge point"
    AGREED = "AGREED", "terms agreed, nothing held"
    RESERVED = "RESERVED", "charger reserved"
    CONFIRMED = "CONFIRMED", "confirmed, to be started by the driver"
    STARTING = "STARTING", "start requested"
    CHARGING = "CHARGING", "charging"
    ENDED = "ENDED", "ended, bill open"
    BILLED = "BILLED", "billed"
    CANCELLED = "CANCELLED", "cancelled"
    FAILED = "FAILED", "failed"
    EXPIRED = "EXPIRED", "expired before it was confirmed"


_S = OrderState
NEXT: dict[OrderState, frozenset[OrderState]] = {
    _S.QUOTED: frozenset({_S.RESERVING, _S.AGREED, _S.CANCELLED, _S.FAILED, _S.EXPIRED}),
    _S.RESERVING: frozenset({_S.RESERVED, _S.AGREED, _S.QUOTED, _S.CANCELLED, _S.FAILED, _S.EXPIRED}),
    _S.AGREED: frozenset(
        {_S.RESERVING, _S.CONFIRMED, _S.STARTING, _S.QUOTED, _S.CANCELLED, _S.FAILED, _S.EXPIRED}
    ),
    _S.RESERVED: frozenset({_S.CONFIRMED, _S.STARTING, _S.QUOTED, _S.CANCELLED, _S.FAILED, _S.EXPIRED}),
    _S.CONFIRMED: frozenset({_S.STARTING, _S.CANCELLED, _S.FAILED}),
    _S.STARTING: frozenset({_S.CHARGING, _S.ENDED, _S.BILLED, _S.CANCELLED, _S.FAILED}),
    _S.CHARGING: frozenset({_S.ENDED, _S.BILLED, _S.CANCELLED, _S.FAILED}),
    _S.ENDED: frozenset({_S.BILLED, _S.FAILED}),
    _S.BILLED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.FAILED: frozenset(),
    _S.EXPIRED: frozenset(),
}
DRAFTS = frozenset({_S.QUOTED, _S.RESERVING, _S.AGREED, _S.RESERVED})
OVER = frozenset({_S.BILLED, _S.CANCELLED, _S.FAILED, _S.EXPIRED})
