"""Orders and bills, the audit, invoices, the ledger and the payments, as staff see them."""

from sessions.admin import audit, invoices, ledger, orders, payments, statements

__all__ = ["audit", "invoices", "ledger", "orders", "payments", "statements"]
