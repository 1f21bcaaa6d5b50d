"""GET /receipts/<token>: the PDF of an invoice, for whoever was given the link."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from beckn.render import echo
from beckn.selectors import home_of
from emsp.core.links import LinkExpired, LinkInvalid, refusal, secluded
from sessions.invoices.links import invoice_of_link
from sessions.invoices.pdf import invoice_pdf
from sessions.models import Invoice


@require_safe
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """The PDF; 410 when the link is too old, 404 when it was never ours."""
    try:
        invoice = invoice_of_link(token)
    except (LinkExpired, LinkInvalid) as error:
        return refusal(error)
    return pdf_answer(invoice)


def pdf_answer(invoice: Invoice) -> HttpResponse:
    """The document as a download that no cache keeps."""
    answer = HttpResponse(invoice_pdf(invoice, buyer=buyer_of(invoice)), content_type="application/pdf")
    name = invoice.number.replace("/", "-")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return secluded(answer)


def buyer_of(invoice: Invoice) -> list[str]:
    """Name, address and tax id as the app sent them for billing; empty when it sent none."""
    conversation = home_of(invoice.bill.order_id)
    return list(_lines(echo.billing(conversation.billing))) if conversation and conversation.billing else []


def _lines(billing: dict[str, Any]) -> Iterator[str]:
    organization = billing.get("organization") or {}
    places = [(billing.get(part) or {}).get("name") for part in ("city", "state")]
    told = [
        billing.get("name"),
        (organization.get("descriptor") or {}).get("name"),
        billing.get("address"),
        ", ".join(place for place in places if place),
    ]
    yield from (line for line in told if line)
    if billing.get("tax_id"):
        yield f"Tax id {billing['tax_id']}"
