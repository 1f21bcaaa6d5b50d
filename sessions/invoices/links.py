"""Links to receipts for apps: signed, and dead after RECEIPT_URL_TTL_S."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.utils import timezone

from emsp.core.errors import DomainError
from sessions.models import Invoice

SALT = "sessions.invoices.receipt"


class LinkInvalid(DomainError):
    """The link was not made by us, or its document is gone."""


class LinkExpired(DomainError):
    """The link is too old; a new one comes with the next on_status."""


def receipt_path(invoice: Invoice) -> str:
    """The path of the document's PDF at our address, signed now."""
    return f"/receipts/{signing.dumps(invoice.number, salt=SALT)}"


def receipt_url(invoice: Invoice) -> tuple[str, datetime]:
    """An address of the document's PDF that anybody may open, and until when."""
    valid_until = timezone.now() + timedelta(seconds=settings.RECEIPT_URL_TTL_S)
    return settings.BASE_URL + receipt_path(invoice), valid_until


def invoice_of_link(token: str) -> Invoice:
    """The document a link is for. Raises LinkExpired and LinkInvalid."""
    try:
        number = signing.loads(token, salt=SALT, max_age=settings.RECEIPT_URL_TTL_S)
    except signing.SignatureExpired:
        raise LinkExpired("this link has expired") from None
    except signing.BadSignature:
        raise LinkInvalid("this link is not valid") from None
    found = Invoice.objects.select_related("bill__order__offer", "bill__order__party", "corrects")
    invoice = found.filter(number=number).first()
    if invoice is None:
        raise LinkInvalid("this link is not valid")
    return invoice
