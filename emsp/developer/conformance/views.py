"""GET /conformance/<token>/: a report, for whoever was given the link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emsp.core.links import LinkExpired, LinkInvalid, refusal, secluded
from emsp.developer.conformance.links import run_of_link
from emsp.developer.conformance.report import report_of


@require_safe
def report(request: HttpRequest, token: str) -> HttpResponse:
    """The report; 410 when the link is too old, 404 when it was never ours."""
    try:
        run = run_of_link(token)
    except (LinkExpired, LinkInvalid) as error:
        return refusal(error)
    context = {"report": report_of(run), "kind": run.get_kind_display(), "finished_at": run.finished_at}
    return secluded(render(request, "developer/report.html", context))
