"""A driver's wish for help with an order, and what driver and staff write to each other about it."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from beckn.models import SupportMessage, SupportRequest, Transaction
from emsp.core.errors import DomainError
from emsp.core.links import LinkInvalid, opened
from sessions.models import Order

SALT = "beckn.support"
WORDS = 2_000
MOST_UNANSWERED = 10


class NotTaken(DomainError):
    """The words are none, too many, or staff has not answered the last ones."""


def page_url(order: Order) -> str:
    """The address of the page on which a driver writes about an order; dead after SUPPORT_LINK_DAYS."""
    return f"{settings.BASE_URL}/support/{signing.dumps(str(order.reference), salt=SALT)}"


def order_of_link(token: str) -> Order:
    """The order a link is for. Raises LinkExpired (a new one comes with the next on_support) and LinkInvalid."""
    within_s = int(timedelta(days=settings.SUPPORT_LINK_DAYS).total_seconds())
    reference = opened(token, salt=SALT, within_s=within_s)
    order = Order.objects.select_related("offer").filter(reference=reference).first()
    if order is None:
        raise LinkInvalid
    return order


@transaction.atomic
def ask_for_contact(order: Order | None, contact: dict[str, str], *, conversation: Transaction) -> SupportRequest:
    """Keep how a driver wants to be reached; with a request about the order that is open, in that one."""
    row = _open(order) if order else None
    if row is None:
        return SupportRequest.objects.create(  # type: ignore[misc]
            transaction=conversation, order=order, contact=contact, waiting_since=timezone.now()
        )
    row.contact = (row.contact or {}) | contact
    row.save(update_fields=["contact"])
    return row


@transaction.atomic
def write(order: Order, text: str) -> SupportMessage:
    """The driver writes: into the request that is open, else into a new one. Raises NotTaken."""
    Order.objects.select_for_update(no_key=True).get(pk=order.pk)  # one request for two messages at once
    words = _words(text)
    row = _open(order)
    if row is None:
        row = SupportRequest.objects.create(order=order, transaction=Transaction.objects.filter(order=order).last())
    since_answer = row.messages.filter(by_staff=False)
    answered = row.messages.filter(by_staff=True).order_by("-id").first()
    if answered is not None:
        since_answer = since_answer.filter(id__gt=answered.pk)
    if since_answer.count() >= MOST_UNANSWERED:
        raise NotTaken("we have your messages and will answer them; please wait for that")
    row.waiting_since = row.waiting_since or timezone.now()
    row.save(update_fields=["waiting_since"])
    return SupportMessage.objects.create(request=row, text=words)


@transaction.atomic
def answer(request: SupportRequest, text: str, *, by: Any) -> SupportMessage:
    """Staff answers; nobody waits any more. by: the user. Raises NotTaken, also when the request is resolved."""
    row = SupportRequest.objects.select_for_update().get(pk=request.pk)
    if row.resolved_at is not None:
        raise NotTaken("the request is resolved; the driver opens a new one by writing")
    made = SupportMessage.objects.create(
        request=row, text=_words(text), by_staff=True, by=by, by_name=by.get_username()
    )
    row.waiting_since = None
    row.save(update_fields=["waiting_since"])
    return made


@transaction.atomic
def resolve(request: SupportRequest) -> bool:
    """It is done; False when it was before. What the driver writes from now on is a new request."""
    row = SupportRequest.objects.select_for_update().get(pk=request.pk)
    if row.resolved_at is not None:
        return False
    row.resolved_at, row.waiting_since = timezone.now(), None
    row.save(update_fields=["resolved_at", "waiting_since"])
    return True


def forget(before: datetime) -> int:
    """Delete requests that began before, with what was written and the contact; gives how many."""
    _, deleted = SupportRequest.objects.filter(created_at__lt=before).delete()
    return deleted.get(SupportRequest._meta.label, 0)


def _open(order: Order) -> SupportRequest | None:
    rows = SupportRequest.objects.select_for_update(of=("self",)).filter(order=order, resolved_at=None)
    return rows.order_by("-id").first()


def _words(text: str) -> str:
    words = text.replace("\0", "").strip()
    if not words:
        raise NotTaken("please write what you need")
    if len(words) > WORDS:
        raise NotTaken(f"please write at most {WORDS} characters")
    return words
