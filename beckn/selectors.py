"""Reading conversations."""

from beckn.models import Transaction


def home_of(order_pk: int) -> Transaction | None:
    """The conversation in which an order was made: it holds billing, customer and payments. None when it had none."""
    return Transaction.objects.filter(order=order_pk).order_by("pk").first()
