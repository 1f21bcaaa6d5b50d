"""System checks: a wrong setting is told at the start, not by the first search."""

import base64
import binascii
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

REQUIRED = ("SECRET_KEY", "DATABASE_URL", "BAP_ID", "BAP_URI", "BAP_UNIQUE_KEY_ID", "BPP_ID", "BPP_URI")
KEYS = {"BAP_SIGNING_PRIVATE_KEY": (32, 64), "BPP_PUBLIC_KEY": (32, 44)}
ENVIRONMENT = {"DATABASE_URL": "BAP_DATABASE_URL"}


def _key_problem(name: str, text: str, lengths: tuple[int, ...]) -> str | None:
    if not text:
        return f"{name} is not set"
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return f"{name} is not base64"
    wanted = " or ".join(str(length) for length in lengths)
    return None if len(raw) in lengths else f"{name} has {len(raw)} bytes, not {wanted}"


@register()
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Names of the environment that are missing or cannot be right."""
    problems = [
        f"{ENVIRONMENT.get(name, name)} is not set" for name in REQUIRED if not getattr(settings, name)
    ]
    keys = [(name, getattr(settings, name), lengths) for name, lengths in KEYS.items()]
    keys += [(f"BPP_OTHER_KEYS {name}", text, KEYS["BPP_PUBLIC_KEY"]) for name, text in settings.BPP_OTHER_KEYS.items()]
    problems += [problem for key in keys if (problem := _key_problem(*key))]
    if settings.BAP_URI and not settings.BAP_URI.endswith("/beckn"):
        problems.append("BAP_URI must end in /beckn: callbacks are served at {BAP_URI}/on_<action>")
    if settings.CALLBACK_WAIT_S < 1:
        problems.append("BAP_CALLBACK_WAIT_S must be at least 1 second")
    if not 1 <= settings.KEEP_SEARCHES_DAYS <= settings.KEEP_ORDERS_DAYS:
        problems.append("BAP_KEEP_SEARCHES_DAYS is at least 1 and at most BAP_KEEP_ORDERS_DAYS")
    return [Error(text, id=f"bap.E{number:03d}") for number, text in enumerate(problems, 1)]
