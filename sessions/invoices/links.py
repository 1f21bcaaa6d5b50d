"""Links to receipts for apps: signed, and dead after RECEIPT_URL_TTL_S."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.utils import timezone

from emsp.core.links import LinkInvalid, opened
from sessions.models import Invoice

SALT = "sessions.invoices.receipt"


def receipt_path(invoice: Invoice) -> str:
    """The path of the document's PDF at our address, signed now."""
    return f"/receipts/{signing.dumps(invoice.number, salt=SALT)}"


def receipt_url(invoice: Invoice) -> tuple[str, datetime]:
    """An address of the document's PDF that anybody may open, and until when."""
    valid_until = timezone.now() + timedelta(seconds=settings.RECEIPT_URL_TTL_S)
    return settings.BASE_URL + receipt_path(invoice), valid_until


def invoice_of_link(token: str) -> Invoice:
    """The document a link is for. Raises LinkExpired (a new one comes with the next on_status) and LinkInvalid."""
    number = opened(token, salt=SALT, within_s=settings.RECEIPT_URL_TTL_S)
    found = Invoice.objects.select_related("bill__order__offer", "bill__order__party", "corrects")
    invoice = found.filter(number=number).first()
    if invoice is None:
        raise LinkInvalid
    return invoice
