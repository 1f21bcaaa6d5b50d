"""The sandbox's memory: payments and refunds, kept in a file so that a restart forgets nothing."""

import json
import os
import secrets
import threading
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path

MADE = ("PAID", "LATE")


class Refused(Exception):
    """What was asked cannot be done. status: of the HTTP answer."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)


@dataclass
class Paid:
    """One payment. status: OPEN, LATE (paid, not told yet), FAILED, PAID. Amounts as text, two decimals."""

    reference: str
    amount: str
    currency: str
    gateway_reference: str
    status: str = "OPEN"
    refunds: dict[str, str] = field(default_factory=dict)


class Till:
    """All payments of the sandbox; safe to use from many threads."""

    def __init__(self, file: Path | None) -> None:
        self._file, self._lock = file, threading.RLock()
        self._payments: dict[str, Paid] = {}
        if file is not None and file.exists():
            self._payments = {row["reference"]: Paid(**row) for row in json.loads(file.read_text())}

    def payment(self, reference: str, amount: str, currency: str) -> Paid:
        """The payment of a signed link, opened at its first visit."""
        with self._lock:
            made = Paid(reference, amount, currency, f"sbx_{secrets.token_hex(8)}")
            kept = self._payments.setdefault(reference, made)
            self._save()
            return kept

    def all(self) -> list[Paid]:
        """Every payment, newest first."""
        with self._lock:
            return list(reversed(self._payments.values()))

    def move(self, paid: Paid, status: str) -> bool:
        """Set the status; False when the payment is made already, which stays."""
        with self._lock:
            if paid.status in MADE and (paid.status, status) != ("LATE", "PAID"):
                return False
            paid.status = status
            self._save()
            return True

    def refund(self, reference: str, refund_reference: str, amount: Decimal, currency: str) -> Paid:
        """Give back a part, once for each refund_reference. Raises Refused."""
        with self._lock:
            paid = self._payments.get(reference)
            if paid is None or paid.status not in MADE:
                raise Refused(404, "no such payment was made")
            known = paid.refunds.get(refund_reference)
            if known is not None:
                return paid
            back = sum((Decimal(text) for text in paid.refunds.values()), Decimal(0))
            if currency != paid.currency or amount <= 0 or back + amount > Decimal(paid.amount):
                raise Refused(409, f"at most {Decimal(paid.amount) - back} {paid.currency} can be given back")
            paid.refunds[refund_reference] = f"{amount:.2f}"
            self._save()
            return paid

    def _save(self) -> None:
        if self._file is None:
            return
        fresh = self._file.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump([asdict(paid) for paid in self._payments.values()], file)
        fresh.replace(self._file)
