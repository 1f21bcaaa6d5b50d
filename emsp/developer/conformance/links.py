"""Links to reports for partners: signed, and dead after REPORT_URL_TTL_S."""

from django.conf import settings
from django.core import signing

from emsp.core.errors import DomainError
from emsp.developer.models import ConformanceRun, RunState

SALT = "developer.conformance.report"
OVER = (RunState.DONE, RunState.BROKEN)


class LinkInvalid(DomainError):
    """The link was not made by us, or its run is gone."""


class LinkExpired(DomainError):
    """The link is too old."""


def report_url(run: ConformanceRun) -> str:
    """An address of the report that anybody may open, for REPORT_URL_TTL_S from now."""
    return f"{settings.BASE_URL}/conformance/{signing.dumps(run.pk, salt=SALT)}/"


def run_of_link(token: str) -> ConformanceRun:
    """The run a link is for. Raises LinkExpired and LinkInvalid."""
    try:
        number = signing.loads(token, salt=SALT, max_age=settings.REPORT_URL_TTL_S)
    except signing.SignatureExpired:
        raise LinkExpired("this link has expired") from None
    except signing.BadSignature:
        raise LinkInvalid("this link is not valid") from None
    run = ConformanceRun.objects.filter(pk=number, state__in=OVER).first()
    if run is None:
        raise LinkInvalid("this link is not valid")
    return run
