"""The provider's reasons for cancelling; the same for every order, so the newest list serves all."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from beckn.bap import wire
from beckn.bap.models import Direction, Message
from emsp.core.wire import WireError

FRESH = timedelta(hours=24)


@dataclass(frozen=True)
class Reason:
    """id goes back to the provider, text is for the driver."""

    id: str
    text: str


def known_reasons() -> list[Reason]:
    """Reasons from the newest cancellation_reasons of the last day; empty when there is none."""
    told = Message.objects.filter(
        direction=Direction.RECEIVED,
        action="cancellation_reasons",
        error_code="",
        created_at__gt=timezone.now() - FRESH,
    )
    newest = told.order_by("-created_at").first()
    message = newest.json.get("message") if newest else None
    options = message.get("cancellation_reasons") if isinstance(message, dict) else None
    return [reason for option in options or [] if (reason := _reason(option))]


def _reason(option: object) -> Reason | None:
    try:
        told = wire.read(option, wire.Reason)
    except WireError:
        return None
    return Reason(told.id, told.descriptor.name or told.descriptor.code or told.id)
