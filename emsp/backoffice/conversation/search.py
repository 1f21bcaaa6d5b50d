"""Finds conversations by what somebody on the phone can tell."""

import uuid

from django.db.models import Q, QuerySet

from beckn.actions.reading import contact_hashes
from beckn.models import Subscriber, SubscriberType, Transaction
from catalog.models import Offer
from ocpi.models import Evse, Party, Session, Token
from sessions.models import Order

MOST = 200  # orders, the newest


def conversations_of(words: str) -> QuerySet[Transaction]:
    """Conversations by transaction id, order reference, session id, EVSE id, token uid, phone or mail; newest first.

    Each is compared whole, through an index. A phone number or mail address is found by the hash that orders keep of it,
    so it is known only as the app sent it (a missing + is added).
    """
    text = words.strip()[:255].replace("\x00", "")
    if not text:
        return Transaction.objects.none()
    orders = list(Order.objects.filter(_orders(text)).order_by("-pk").values_list("pk", flat=True)[:MOST])
    own = Transaction.objects.filter(transaction_id=text).values_list("pk", flat=True)
    theirs = Transaction.objects.filter(order__in=orders).values_list("pk", flat=True)
    return Transaction.objects.filter(pk__in={*own, *theirs}).select_related("order").order_by("-pk")


def _orders(text: str) -> Q:
    tokens = Token.objects.filter(uid__in={text, text.upper()})
    found = Q(driver_hash__in=_hashes(text)) | Q(token__in=list(tokens.values_list("pk", flat=True)))
    key = text.casefold()
    sessions = Session.objects.filter(party__in=list(Party.objects.values_list("pk", flat=True)), key=key)
    evses = Evse.objects.filter(Q(key=key) | Q(evse_id__in={text, text.upper()}))
    found |= Q(session__in=list(sessions.values_list("pk", flat=True)[:MOST]))
    found |= Q(offer__in=_offers(list(evses.values_list("pk", flat=True)[:MOST])))
    reference = _uuid(text)
    return found | Q(reference=reference) if reference else found


def _offers(evses: list[int]) -> list[int]:
    return list(Offer.objects.filter(evse__in=evses).values_list("pk", flat=True))


def _hashes(text: str) -> set[str]:
    """What orders keep of a driver with this contact, one per app."""
    apps = (
        Subscriber.objects.filter(type=SubscriberType.BAP).values_list("subscriber_id", flat=True).distinct()
    )
    spellings = {text, f"+{text}"} if text[:1].isdecimal() else {text}
    return {found for bap_id in apps for spelling in spellings for found in contact_hashes(bap_id, spelling)}


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
