"""System checks: a wrong setting is told before the first request, not by it."""

import base64
import binascii
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from emsp.core import tracing

BROKERS = ("redis://", "rediss://", "amqp://", "amqps://")


def _seed_problem(name: str) -> str | None:
    text = getattr(settings, name)
    if not text:
        return f"{name} is not set; `manage.py beckn_keys` prints one"
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return f"{name} is not base64"
    return None if len(raw) in (32, 64) else f"{name} has {len(raw)} bytes, not 32 or 64"


def _is_number(text: str, low: str, high: str = "1E+15") -> bool:
    try:
        return Decimal(low) <= Decimal(text) <= Decimal(high)
    except InvalidOperation:
        return False


def _invoice_problems() -> list[str | None]:
    problems: list[str | None] = []
    if not 1 <= settings.INVOICE_YEAR_STARTS_IN <= 12:
        problems.append("INVOICE_YEAR_STARTS_IN is a month, 1 to 12")
    try:
        ZoneInfo(settings.INVOICE_TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        problems.append("INVOICE_TIME_ZONE is not an IANA time zone")
    if settings.INVOICE_PREFIX == settings.CREDIT_NOTE_PREFIX:
        problems.append("INVOICE_PREFIX and CREDIT_NOTE_PREFIX must differ")
    if settings.PDF_FONT and not Path(settings.PDF_FONT).is_file():
        problems.append("PDF_FONT is not a file")
    for name, value in settings.CDR_AUDIT.items():
        if not _is_number(value, "0"):
            problems.append(f"the CDR audit's {name} must be a number that is not negative")
    return problems


@register()
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Names of the environment that are missing or cannot be right."""
    problems = [
        _seed_problem("BECKN_SIGNING_PRIVATE_KEY"),
        _seed_problem("BECKN_ENCRYPTION_PRIVATE_KEY"),
    ]
    if not settings.SECRET_KEY:
        problems.append("SECRET_KEY is not set")
    if settings.REPLICA_LAG_S < 1:
        problems.append("REPLICA_LAG_S is a number of seconds, 1 or more")
    if not settings.CELERY_BROKER_URL.startswith(BROKERS):
        problems.append("CELERY_BROKER_URL begins with redis://, rediss://, amqp:// or amqps://")
    if not settings.DATABASE_URL:
        problems.append("DATABASE_URL is not set; `make demo` starts a database of its own")
    if not settings.BECKN_SUBSCRIBER_ID or not settings.BECKN_UNIQUE_KEY_ID:
        problems.append("BECKN_SUBSCRIBER_ID and BECKN_UNIQUE_KEY_ID must both be set")
    for key in settings.FIELD_ENCRYPTION_KEYS or [""]:
        try:
            Fernet(key.encode())
        except ValueError:
            problems.append("FIELD_ENCRYPTION_KEYS must be one or more Fernet keys, separated by commas")
    if len(settings.OCPI_COUNTRY_CODE) != 2 or len(settings.OCPI_PARTY_ID) != 3:
        problems.append("OCPI_COUNTRY_CODE has 2 letters and OCPI_PARTY_ID 3")
    if settings.BECKN_RESERVE_ON not in ("init", "confirm", "never"):
        problems.append("BECKN_RESERVE_ON is init, confirm or never")
    if settings.BECKN_START_ON not in ("confirm", "update"):
        problems.append("BECKN_START_ON is confirm or update")
    if not 1 <= settings.BECKN_KEEP_SEARCHES_DAYS <= settings.BECKN_KEEP_MESSAGES_DAYS:
        problems.append("BECKN_KEEP_SEARCHES_DAYS is at least 1 and at most BECKN_KEEP_MESSAGES_DAYS")
    if not 1 <= settings.CIRCUIT_FIRST_PAUSE_S <= settings.CIRCUIT_LONGEST_PAUSE_S or settings.CIRCUIT_OPENS_AFTER < 0:
        problems.append(
            "CIRCUIT_FIRST_PAUSE_S is at least 1 and at most CIRCUIT_LONGEST_PAUSE_S, CIRCUIT_OPENS_AFTER not negative"
        )
    if settings.STOP_AT_ORDERED not in ("amount", "always", "never"):
        problems.append("STOP_AT_ORDERED is amount, always or never")
    if not _is_number(settings.CANCELLATION_FEE_PERCENT, "0", "100"):
        problems.append("CANCELLATION_FEE_PERCENT is a number from 0 to 100")
    if not _is_number(settings.BECKN_DEFAULT_ENERGY_KWH, "0.01", "1000"):
        problems.append("BECKN_DEFAULT_ENERGY_KWH is a number from 0.01 to 1000")
    if settings.LOG_FORMAT not in ("text", "json"):
        problems.append("LOG_FORMAT is text or json")
    if settings.OTEL_TRACES and not tracing.installed():
        problems.append("OTEL_TRACES needs the packages of requirements/otel.txt")
    problems += _invoice_problems()
    if not settings.SANDBOX and not settings.BASE_URL.startswith("https://"):
        problems.append("BASE_URL must be https outside SANDBOX")
    if not settings.SANDBOX and settings.BECKN_REGISTRY_URL.startswith("http://"):
        problems.append("BECKN_REGISTRY_URL must be https outside SANDBOX")
    return [Error(text, id=f"emsp.E{number:03d}") for number, text in enumerate(problems, 1) if text]
