"""Double-entry ledger of the orders, statements of account, and the margin report."""
