"""System checks of payments and invoices: what is wrong is told at the start, not to a driver."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from sessions.invoices.places import seller_state


@register()
def check_payments(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """PAYMENT_GATEWAY and what belongs to it."""
    found: list[CheckMessage] = []
    if settings.PAYMENT_GATEWAY:
        try:
            import_string(settings.PAYMENT_GATEWAY)
        except ImportError:
            found.append(Error("PAYMENT_GATEWAY is not the path of a class", id="sessions.E001"))
    if settings.PAYMENT_SANDBOX_URL and not settings.SANDBOX:
        found.append(
            Error("PAYMENT_SANDBOX_URL is set outside SANDBOX: it moves no money", id="sessions.E002")
        )
    if settings.PAYMENT_SANDBOX_URL and len(settings.PAYMENT_SANDBOX_KEY) < 32:
        found.append(Error("PAYMENT_SANDBOX_KEY needs at least 32 characters", id="sessions.E003"))
    return found


@register()
def check_invoices(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """INVOICE_GST_BY_STATE needs the seller's state."""
    if settings.INVOICE_GST_BY_STATE and not seller_state(settings.INVOICE_SELLER_TAX_ID):
        return [
            Error(
                "INVOICE_GST_BY_STATE needs a GSTIN in INVOICE_SELLER_TAX_ID, which begins with the code of a state",
                id="sessions.E004",
            )
        ]
    return []
