"""Orders from quote to bill, and the audit, the invoices, the ledger and the payments behind them."""

from sessions.models.audit import AuditPolicy, CdrAudit, CdrDecision, Decision, MissingCdr, Verdict
from sessions.models.invoices import Invoice, InvoiceKind, InvoiceSeries
from sessions.models.ledger import (
    Account,
    EntryKind,
    JournalEntry,
    Posting,
    Statement,
    StatementKind,
    StatementPayment,
)
from sessions.models.orders import Bill, Order, OrderEvent, Quote, QuoteKind
from sessions.models.payments import (
    Collector,
    Payment,
    PaymentNotice,
    PaymentPolicy,
    PaymentProof,
    PaymentState,
    PaymentTerms,
    PaymentType,
    Refund,
    RefundState,
)

__all__ = [
    "Account",
    "AuditPolicy",
    "Bill",
    "CdrAudit",
    "CdrDecision",
    "Collector",
    "Decision",
    "EntryKind",
    "Invoice",
    "InvoiceKind",
    "InvoiceSeries",
    "JournalEntry",
    "MissingCdr",
    "Order",
    "OrderEvent",
    "Payment",
    "PaymentNotice",
    "PaymentPolicy",
    "PaymentProof",
    "PaymentState",
    "PaymentTerms",
    "PaymentType",
    "Posting",
    "Quote",
    "QuoteKind",
    "Refund",
    "RefundState",
    "Statement",
    "StatementKind",
    "StatementPayment",
    "Verdict",
]
