"""System checks of the back office's settings."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from emsp.backoffice.roles.second_factor import SUPERUSER
from emsp.backoffice.roles.shipped import ROLES
from emsp.core.http import ForbiddenAddress, UnresolvableHost, check_url

KEY_LENGTH = 32


@register()
def check_backoffice(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Thresholds, addresses and role names that cannot be right."""
    problems: list[str] = []
    wrong = sorted(kind for kind, minutes in settings.CASE_AFTER_MIN.items() if minutes < 1)
    problems += [f"CASE_{kind}_MIN must be 1 or more" for kind in wrong]
    problems += _webhook_problems()
    for address in settings.CASE_MAIL_TO:
        try:
            validate_email(address)
        except ValidationError:
            problems.append("CASE_MAIL_TO must be mail addresses, separated by commas")
            break
    unknown = set(settings.SECOND_FACTOR_ROLES) - {SUPERUSER, *ROLES}
    if unknown:
        problems.append(f"SECOND_FACTOR_ROLES knows superuser, {', '.join(ROLES)}")
    if settings.LOGIN_FAILURES < 1 or settings.LOGIN_LOCKED_MIN < 1 or settings.LOGIN_PROXY_COUNT < 0:
        problems.append("LOGIN_FAILURES and LOGIN_LOCKED_MIN must be 1 or more, LOGIN_PROXY_COUNT 0 or more")
    return [Error(text, id=f"backoffice.E{number:03d}") for number, text in enumerate(problems, 1)]


def _webhook_problems() -> list[str]:
    if not settings.CASE_WEBHOOK_URL:
        return []
    problems = []
    try:
        check_url(settings.CASE_WEBHOOK_URL)
    except UnresolvableHost:
        pass  # a name server that is away now is no wrong setting
    except ForbiddenAddress as error:
        problems.append(f"CASE_WEBHOOK_URL: {error}")
    if len(settings.CASE_WEBHOOK_KEY) < KEY_LENGTH:
        problems.append(f"CASE_WEBHOOK_KEY needs at least {KEY_LENGTH} characters")
    return problems
