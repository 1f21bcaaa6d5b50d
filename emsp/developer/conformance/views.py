"""GET /conformance/<token>/: a report, for whoever was given the link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emsp.developer.conformance.links import LinkExpired, LinkInvalid, run_of_link
from emsp.developer.conformance.report import report_of

PLAIN = "text/plain; charset=utf-8"


@require_safe
def report(request: HttpRequest, token: str) -> HttpResponse:
    """The report; 410 when the link is too old, 404 when it was never ours."""
    try:
        run = run_of_link(token)
    except LinkExpired as refusal:
        return HttpResponse(f"{refusal}\n", status=410, content_type=PLAIN)
    except LinkInvalid as refusal:
        return HttpResponse(f"{refusal}\n", status=404, content_type=PLAIN)
    context = {"report": report_of(run), "kind": run.get_kind_display(), "finished_at": run.finished_at}
    answer = render(request, "developer/report.html", context)
    answer["Cache-Control"] = "private, no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
