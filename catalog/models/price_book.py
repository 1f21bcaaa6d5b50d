"""The price book: what drivers pay. One version after another; a published one is never changed."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from catalog.retail import Kind
from catalog.retail.rule import DAYS


class BookState(models.TextChoices):
    """PUBLISHED with the highest number is the one in force."""

    DRAFT = "DRAFT", "draft"
    PROPOSED = "PROPOSED", "waits for a second person"
    PUBLISHING = "PUBLISHING", "the catalogue is being priced"
    PUBLISHED = "PUBLISHED", "published"


class PriceBookVersion(models.Model):
    """A set of price rules. number is given at publication, counting from 1.

    offers_done of offers_total: progress of pricing the catalogue; cursor: pk of the last offer done.
    """

    number = models.PositiveIntegerField(null=True, blank=True, unique=True, editable=False)
    name = models.CharField(max_length=120)
    note = models.TextField(blank=True, help_text="what is changed, and why")
    state = models.CharField(max_length=12, choices=BookState, default=BookState.DRAFT, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    proposed_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    offers_total = models.PositiveIntegerField(default=0, editable=False)
    offers_done = models.PositiveIntegerField(default=0, editable=False)
    cursor = models.BigIntegerField(default=0, editable=False)
    history = HistoricalRecords(excluded_fields=["offers_total", "offers_done", "cursor"])

    class Meta:
        verbose_name = "price book version"
        permissions = [("publish_price_book", "Can publish a price book")]
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state="PUBLISHING"),
                name="price_book_one_publication_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"version {self.number}: {self.name}" if self.number else f"{self.name} ({self.state.lower()})"


def _amount(help_text: str) -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=help_text,
    )


class PriceRule(models.Model):
    """For which sales, and what the driver pays. Empty matchers fit everything. docs/pricing.md says which rule wins."""

    version = models.ForeignKey(PriceBookVersion, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(max_length=120)
    party = models.ForeignKey(
        "ocpi.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="operator"
    )
    location = models.ForeignKey(
        "ocpi.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sold_through = models.CharField(
        max_length=255, blank=True, verbose_name="app", help_text="subscriber id of the BAP"
    )
    connector_standard = models.CharField(max_length=40, blank=True, help_text="such as IEC_62196_T2_COMBO")
    min_power_w = models.PositiveIntegerField(null=True, blank=True, help_text="at least, in W")
    max_power_w = models.PositiveIntegerField(null=True, blank=True, help_text="below, in W")
    weekdays = ArrayField(
        models.CharField(max_length=3, choices=[(day, day.capitalize()) for day in DAYS]),
        default=list,
        blank=True,
        help_text="MON,TUE …, local; empty means every day",
    )
    start_time = models.TimeField(null=True, blank=True, help_text="local time of the location")
    end_time = models.TimeField(null=True, blank=True, help_text="not included; may be after midnight")
    effective_from = models.DateTimeField(null=True, blank=True)
    effective_until = models.DateTimeField(null=True, blank=True)
    priority = models.IntegerField(default=0, help_text="decides among equally specific rules; higher wins")
    kind = models.CharField(
        max_length=12,
        default=Kind.PASS_THROUGH.value,
        choices=[
            (Kind.PASS_THROUGH.value, "pass through"),
            (Kind.MARKUP.value, "markup"),
            (Kind.FLAT.value, "flat price per kWh"),
        ],
    )
    currency = models.CharField(max_length=3, blank=True, help_text="of the amounts below; ISO 4217")
    vat_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="VAT on our own amounts, in per cent: 18, not 0.18",
    )
    markup_percent = models.DecimalField(
        max_digits=7,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(-100))],
        help_text="on every line of the operator's price",
    )
    markup_per_kwh = _amount("excl. VAT")
    energy_price = _amount("flat price per kWh, excl. VAT")
    floor_per_kwh = _amount("least price per kWh, incl. VAT")
    cap_per_kwh = _amount("highest price per kWh, incl. VAT")
    service_fee = _amount("per session, excl. VAT")
    history = HistoricalRecords()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """What cannot be meant. Raises ValidationError naming the field."""
        self.currency = self.currency.upper()
        problems = {
            "currency": self._amounts() and not self.currency and "amounts need a currency",
            "energy_price": self.kind == Kind.FLAT
            and self.energy_price is None
            and "a flat price needs the price per kWh",
            "kind": self._kind_problem(),
            "cap_per_kwh": self._exceeds(self.floor_per_kwh, self.cap_per_kwh) and "the cap is below the floor",
            "max_power_w": self._exceeds(self.min_power_w, self.max_power_w, equal=True)
            and "the band holds no power",
            "effective_until": self._exceeds(self.effective_from, self.effective_until, equal=True)
            and "the rule ends before it begins",
            "vat_percent": self.vat_percent
            and 0 < self.vat_percent < 1
            and "less than 1 %: a fraction seems to be meant, 18 % is written 18",
        }
        found = {field: str(text) for field, text in problems.items() if text}
        if found:
            raise ValidationError(found)

    def _amounts(self) -> list[Decimal]:
        names = ("markup_per_kwh", "energy_price", "floor_per_kwh", "cap_per_kwh", "service_fee")
        return [value for value in (getattr(self, name) for name in names) if value]

    def _kind_problem(self) -> str:
        has_markup = self.markup_percent is not None or self.markup_per_kwh is not None
        if self.kind == Kind.MARKUP and not has_markup:
            return "a markup needs a percentage or an amount per kWh"
        if self.kind != Kind.MARKUP and has_markup:
            return "a markup is set, so the kind must be markup"
        if self.kind != Kind.FLAT and self.energy_price is not None:
            return "a price per kWh is set, so the kind must be flat"
        return ""

    @staticmethod
    def _exceeds(low: object, high: object, *, equal: bool = False) -> bool:
        if low is None or high is None:
            return False
        return bool(low >= high) if equal else bool(low > high)  # type: ignore[operator]
