"""Where the receipt of a bill can be had: a tag group `receipt` on the order, which core and its closed profiles allow."""

from typing import Any

from beckn.render import words
from emsp.core.wire import moment_text
from sessions import selectors
from sessions.invoices.links import receipt_url
from sessions.models import Order


def receipt_tag(order: Order) -> dict[str, Any] | None:
    """Number of the newest document, address of its PDF, and until when that address works; None before the bill."""
    invoice = selectors.newest_invoice(order)
    if invoice is None:
        return None
    url, valid_until = receipt_url(invoice)
    values = [
        ("number", "Number", invoice.number),
        ("url", "PDF", url),
        ("valid-until", "Link valid until", moment_text(valid_until)),
    ]
    return words.tag_group("receipt", "Receipt", values)
