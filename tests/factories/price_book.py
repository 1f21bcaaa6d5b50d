"""Price books with rules, drafts or in force."""

from decimal import Decimal

from django.contrib.auth.models import User

from catalog.models import PriceBookVersion, PriceRule
from catalog.services import price_book


def staff(name="ana"):
    return User.objects.get_or_create(username=name, defaults={"is_staff": True, "is_superuser": True})[0]


def rule(**values):
    """Values of a PriceRule: numbers may be text."""
    numbers = (
        "vat_percent",
        "markup_percent",
        "markup_per_kwh",
        "energy_price",
        "floor_per_kwh",
        "cap_per_kwh",
        "service_fee",
    )
    made = {"name": "rule"} | values
    return {name: Decimal(value) if name in numbers else value for name, value in made.items()}


def draft(*rules):
    version = PriceBookVersion.objects.create(name="draft")
    for values in rules:
        made = PriceRule(version=version, **rule(**values))
        made.full_clean()
        made.save()
    return version


def published(*rules):
    """A price book in force."""
    version = draft(*rules)
    price_book.publish(version, by=staff())
    price_book.go_on_publishing()
    version.refresh_from_db()
    return version
