"""A participant's latest callbacks, and what became of them."""

from dataclasses import dataclass

from django.db.models import Max

from beckn.models import Callback, Subscriber, SubscriberType, Transaction

ROWS = 25
VERDICTS = {"DELIVERED": "worked", "PENDING": "waiting", "REFUSED": "failed", "DEAD": "failed"}
LOOKED_AT = 10_000  # newest callbacks of all apps: a question that is asked every two seconds has a bound


@dataclass(frozen=True)
class Line:
    """A callback, and the conversation it belongs to; None when that was forgotten."""

    callback: Callback
    transaction_pk: int | None

    @property
    def verdict(self) -> str:
        """How the state is coloured."""
        return VERDICTS.get(self.callback.state, "")


def participants() -> list[str]:
    """Subscriber ids of the apps we know, in order."""
    known = Subscriber.objects.filter(type=SubscriberType.BAP).values_list("subscriber_id", flat=True)
    return sorted(set(known))


def latest(subscriber_id: str) -> list[Line]:
    """The ROWS newest callbacks of an app, newest first, among the LOOKED_AT newest of all."""
    newest = Callback.objects.aggregate(newest=Max("pk"))["newest"] or 0
    found = Callback.objects.filter(pk__gt=newest - LOOKED_AT, bap_id=subscriber_id).order_by("-pk").defer("body")[:ROWS]
    rows = list(found)
    conversations = Transaction.objects.filter(
        bap_id=subscriber_id, transaction_id__in={row.transaction_id for row in rows}
    ).values_list("transaction_id", "pk")  # fmt: skip
    pks = dict(conversations)
    return [Line(row, pks.get(row.transaction_id)) for row in rows]
