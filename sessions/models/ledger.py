"""The ledger: entries that balance, and the statements drawn from them."""

from django.conf import settings
from django.db import models


class Account(models.TextChoices):
    """What a posting is about. Debits are above 0, credits below."""

    RECEIVABLE_BAP = "RECEIVABLE_BAP", "receivable from the app"
    RECEIVABLE_DRIVER = "RECEIVABLE_DRIVER", "receivable from the driver"
    PAYABLE_CPO = "PAYABLE_CPO", "payable to the operator"
    REVENUE = "REVENUE", "charging, excl. tax"
    FEE = "FEE", "fees"
    COST = "COST", "charging bought, excl. tax"
    TAX = "TAX", "tax"
    REFUND = "REFUND", "refunds owed to drivers"
    CASH = "CASH", "cash at the payment gateway"
    BANK = "BANK", "bank"
    ADJUSTMENT = "ADJUSTMENT", "adjustments"


class EntryKind(models.TextChoices):
    BILL = "BILL", "bill"
    CREDIT = "CREDIT", "credit"
    PAYMENT = "PAYMENT", "payment"
    REFUND_DUE = "REFUND_DUE", "refund owed"
    REFUND = "REFUND", "refund paid"
    ADJUSTMENT = "ADJUSTMENT", "adjustment"
    SETTLEMENT = "SETTLEMENT", "statement paid"


class JournalEntry(models.Model):
    """Two or more postings that add up to zero per currency. Never changed; the database refuses it.

    key: what it was written for, once (`bill:7`). occurred_on: the day it is about; booked_on: the day it counts for,
    later when the period of occurred_on was closed already. Days are UTC. reverses: the entry that it takes back.
    """

    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=EntryKind)
    order = models.ForeignKey(
        "charging_sessions.Order", null=True, blank=True, on_delete=models.PROTECT, related_name="entries"
    )
    bill = models.ForeignKey(
        "charging_sessions.Bill", null=True, blank=True, on_delete=models.PROTECT, related_name="entries"
    )
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversal"
    )
    occurred_on = models.DateField()
    booked_on = models.DateField(db_index=True)
    text = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "journal entries"
        indexes = [models.Index(fields=["created_at"], name="entry_created")]

    def __str__(self) -> str:
        return self.key


class Posting(models.Model):
    """One side of an entry. amount: debit above 0, credit below, two decimals.

    party, bap_id: whose order it was; on RECEIVABLE_BAP and PAYABLE_CPO also who owes or is owed.
    """

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.CharField(max_length=20, choices=Account)
    party = models.ForeignKey(
        "ocpi.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="postings"
    )
    bap_id = models.CharField(max_length=255, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="posting_is_not_zero"),
        ]
        indexes = [
            models.Index(fields=["account", "party", "currency"], name="posting_by_party"),
            models.Index(fields=["account", "bap_id", "currency"], name="posting_by_bap"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount} {self.currency}"


class StatementKind(models.TextChoices):
    CPO = "CPO", "operator: what we owe"
    BAP = "BAP", "app: what it owes us"


class Statement(models.Model):
    """What one operator is owed, or one app owes, for the days period_from to period_to, both included.

    Amounts are above 0 where money goes the usual way. total = billed + credited + adjusted. Once closed, no entry
    is booked into its days: the ledger moves what comes later to the first open day.
    """

    kind = models.CharField(max_length=3, choices=StatementKind)
    party = models.ForeignKey(
        "ocpi.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="statements"
    )
    bap_id = models.CharField(max_length=255, blank=True)
    period_from = models.DateField()
    period_to = models.DateField()
    currency = models.CharField(max_length=3)
    billed = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    credited = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    adjusted = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    total = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    row_count = models.PositiveIntegerField(default=0)
    built_at = models.DateTimeField(null=True, blank=True)
    built_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-period_to", "kind", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="CPO", party__isnull=False, bap_id="")
                | (models.Q(kind="BAP", party__isnull=True) & ~models.Q(bap_id="")),
                name="statement_has_one_counterparty",
            ),
            models.CheckConstraint(
                condition=models.Q(period_from__lte=models.F("period_to")), name="statement_period_is_one"
            ),
            models.UniqueConstraint(
                fields=["kind", "party", "bap_id", "currency", "period_from", "period_to"],
                nulls_distinct=False,
                name="statement_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counterparty}, {self.period_from} to {self.period_to}, {self.currency}"

    @property
    def counterparty(self) -> str:
        """The operator's name or the app's subscriber id."""
        return str(self.party) if self.party is not None else self.bap_id


class StatementPayment(models.Model):
    """Money that moved at the bank for a closed statement: to the operator, or from the app. Never changed.

    amount: in the statement's currency and of its total's sign; of the other one where it takes back a payment.
    """

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="payments")
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="statement_payment")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    paid_on = models.DateField(help_text="the day of the bank")
    bank_reference = models.CharField(max_length=100)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150, help_text="stays when the account goes")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "bank_reference"], name="statement_payment_once"),
            models.CheckConstraint(condition=~models.Q(amount=0), name="statement_payment_is_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.statement.currency}, {self.bank_reference}"
