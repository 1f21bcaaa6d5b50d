"""Links to reports for partners: signed, and dead after REPORT_URL_TTL_S."""

from django.conf import settings
from django.core import signing

from emsp.core.links import LinkInvalid, opened
from emsp.developer.models import ConformanceRun, RunState

SALT = "developer.conformance.report"
OVER = (RunState.DONE, RunState.BROKEN)


def report_url(run: ConformanceRun) -> str:
    """An address of the report that anybody may open, for REPORT_URL_TTL_S from now."""
    return f"{settings.BASE_URL}/conformance/{signing.dumps(run.pk, salt=SALT)}/"


def run_of_link(token: str) -> ConformanceRun:
    """The run a link is for. Raises LinkExpired and LinkInvalid."""
    number = opened(token, salt=SALT, within_s=settings.REPORT_URL_TTL_S)
    run = ConformanceRun.objects.filter(pk=number, state__in=OVER).first()
    if run is None:
        raise LinkInvalid
    return run
