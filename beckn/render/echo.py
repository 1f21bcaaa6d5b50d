"""What an app told us, given back: only members core knows, in the form core wants. Source: beckn.md a.4, e.4."""

import re
from typing import Any

from beckn.wire.v1_1_0 import text_of

EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
NAMED = ("state", "city")
PAYMENT_TYPES = frozenset({"PRE-ORDER", "PRE-FULFILLMENT", "ON-FULFILLMENT", "POST-FULFILLMENT"})
PAYMENT_STATUSES = frozenset({"PAID", "NOT-PAID"})
PAYMENT_PARAMS = (
    "transaction_id",
    "amount",
    "currency",
    "bank_code",
    "bank_account_number",
    "virtual_payment_address",
    "source_bank_code",
    "source_bank_account_number",
    "source_virtual_payment_address",
)


def billing(given: dict[str, Any]) -> dict[str, Any]:
    """The Billing an app sent."""
    made: dict[str, Any] = {}
    for name in ("name", "address", "email", "phone", "tax_id"):
        text = text_of(given.get(name))
        if text and (name != "email" or EMAIL.match(text)):
            made[name] = text
    phone = text_of(given.get("number"))  # DEGv1's word
    if phone and "phone" not in made:
        made["phone"] = phone
    for name in NAMED:
        place = given.get(name)
        kept = (
            {k: text_of(place.get(k)) for k in ("name", "code") if text_of(place.get(k))}
            if isinstance(place, dict)
            else {}
        )
        if kept:
            made[name] = kept
    organization = given.get("organization")
    descriptor = organization.get("descriptor") if isinstance(organization, dict) else None
    name_of = text_of(descriptor.get("name")) if isinstance(descriptor, dict) else ""
    if name_of:
        made["organization"] = {"descriptor": {"name": name_of}}
    return made


def customer(given: dict[str, Any]) -> dict[str, Any]:
    """The Customer an app sent: name and contact."""
    made: dict[str, Any] = {}
    person, contact = given.get("person"), given.get("contact")
    name = text_of(person.get("name")) if isinstance(person, dict) else ""
    if name:
        made["person"] = {"name": name}
    if isinstance(contact, dict):
        kept = {k: text_of(contact.get(k)) for k in ("phone", "email") if text_of(contact.get(k))}
        if not EMAIL.match(kept.get("email", "a@b.c")):
            kept.pop("email")
        if kept:
            made["contact"] = kept
    return made


def payment(given: dict[str, Any]) -> dict[str, Any]:
    """A Payment an app confirmed: who collects, when, its proof."""
    made: dict[str, Any] = {}
    collected_by = text_of(given.get("collected_by")).upper()
    if text_of(given.get("id")):
        made["id"] = text_of(given.get("id"))
    if collected_by in ("BAP", "BPP"):
        made["collected_by"] = collected_by
    params = given.get("params")
    if isinstance(params, dict):
        kept = {k: text_of(params.get(k)) for k in PAYMENT_PARAMS if text_of(params.get(k))}
        if kept:
            made["params"] = kept
    if text_of(given.get("type")).upper() in PAYMENT_TYPES:
        made["type"] = text_of(given.get("type")).upper()
    status = text_of(given.get("status")).upper()
    made["status"] = status if status in PAYMENT_STATUSES else "NOT-PAID"
    return made
