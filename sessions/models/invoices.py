"""Invoices and credit notes of the driver's bills, numbered without gaps."""

from django.db import models

from emsp.core.fields import ExactJSONField


class InvoiceKind(models.TextChoices):
    INVOICE = "INVOICE", "invoice"
    CREDIT_NOTE = "CREDIT_NOTE", "credit note"


class InvoiceSeries(models.Model):
    """A row of numbers: one per kind of document and financial year. last_number is the newest given out."""

    kind = models.CharField(max_length=11, choices=InvoiceKind)
    year = models.CharField(
        max_length=7, help_text="financial year: 26-27, or 2026 where it is the calendar's"
    )
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "invoice series"
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="series_once_per_year")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}"


class Invoice(models.Model):
    """The document of one bill. Never changed; a credit note takes back what an invoice said.

    lines: [{code, quantity, unit, unit_price, amount}]. taxes: [{name, percent, net, tax, place?, parts?}], empty where
    the tariff names none; place: a state of India, parts: [{name, percent, tax}], its CGST and SGST. seller: name,
    address and tax id as they stood. Amounts as text, two decimals; negative on a credit note.
    """

    number = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=11, choices=InvoiceKind)
    series = models.ForeignKey(InvoiceSeries, on_delete=models.PROTECT, related_name="invoices")
    serial = models.PositiveIntegerField()
    bill = models.OneToOneField("charging_sessions.Bill", on_delete=models.PROTECT, related_name="invoice")
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="credit_notes"
    )
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    lines = ExactJSONField()
    taxes = ExactJSONField(default=list)
    seller = ExactJSONField(default=dict)
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["series", "serial"], name="serial_once_per_series")]

    def __str__(self) -> str:
        return self.number
