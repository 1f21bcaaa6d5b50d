"""The form of log lines; keeps tokens, signatures and contact data out of them and of what the admin shows."""

import logging
import re
from functools import lru_cache
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from emsp.core.correlation import ids_now

MASK = "***"
SECRET_MEMBERS = frozenset(
    {
        "token",
        "authorization",
        "password",
        "signing_private_key",
        "encryption_private_key",
        "phone",
        "email",
        "callback_phone",
        "tax_id",
        "address_line",
        "virtual_payment_address",
        "bank_account_number",
        "source_virtual_payment_address",
        "source_bank_account_number",
        "auth_token",
    }
)
PERSONAL_PARENTS = frozenset({"billing", "customer", "person", "contact"})
# A person's object as it stands in JSON or in Python's repr, with what lies two levels within it.
_OBJECT = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_PERSON = rf"""(['"](?:{"|".join(sorted(PERSONAL_PARENTS))})['"]\s*:\s*){_OBJECT}"""
_NAMES = "|".join(sorted(SECRET_MEMBERS))
_TEXT = [
    (re.compile(r"""(?i)(authorization['"]?\s*[:=]\s*['"]?)(token|bearer|basic)\s+[^\s'"]+"""), r"\1\2 ***"),
    (re.compile(r"(?i)\b(signature)\s+keyId=.*"), r"\1 ***"),  # to the end of the line: it has quotes and blanks
    (re.compile(r"(?i)\b(token)\s+[A-Za-z0-9+/=_\-]{16,}"), r"\1 ***"),
    (re.compile(_PERSON), r'\1"***"'),
    (re.compile(rf"""(?i)(['"](?:{_NAMES})['"]\s*:\s*)(?:"[^"]*"|'[^']*')"""), r'\1"***"'),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "***@***"),
    (re.compile(r"\+\d(?:[ -]?\d){9,13}\b"), "+***"),
    (re.compile(r"(?i)(redis|postgres(?:ql)?)://[^@\s]*@"), r"\1://***@"),
    (re.compile(r"DETAIL:.*"), "DETAIL: ***"),  # PostgreSQL repeats there what was to be stored
]


def mask_text(text: str) -> str:
    """text without the forms in which secrets and contact data usually stand in it."""
    for pattern, replacement in _TEXT:
        text = pattern.sub(replacement, text)
    return text


def mask(value: Any, *, personal: bool = False) -> Any:
    """A copy of a JSON value with secret members and people's data replaced, for logs and the admin."""
    if isinstance(value, dict):
        return {
            name: MASK
            if name.lower() in SECRET_MEMBERS and not isinstance(inner, dict | list)
            else mask(inner, personal=personal or name.lower() in PERSONAL_PARENTS)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [mask(inner, personal=personal) for inner in value]
    return MASK if personal and isinstance(value, str) else value


class MaskedLines(logging.Formatter):
    """A logging formatter: the whole text is masked, whatever wrote it, and the traceback with the exception's words."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_text(super().format(record))


class JsonLine(JsonFormatter):
    """One JSON object a line, masked, with the ids of what is being worked on as members of their own."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        log_data |= {name: mask_text(value) for name, value in log_data.items() if isinstance(value, str)}
        log_data |= {name: _masked_id(value) for name, value in ids_now().items()}


@lru_cache(maxsize=4096)
def _masked_id(text: str) -> str:
    """Ids come from outside and may be anything; each stands in several lines."""
    return mask_text(text)
