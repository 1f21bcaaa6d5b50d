"""The scorecard as an operator sees it: by a link, without login, read only."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from emsp.backoffice.operators.links import party_of
from emsp.backoffice.operators.scorecard import DAYS
from emsp.backoffice.operators.scorecard import scorecard as figures_of
from emsp.core.links import secluded


@require_safe
def scorecard(request: HttpRequest, token: str) -> HttpResponse:
    """The figures of the link's operator; 404 alike for links that are wrong, over or revoked."""
    party = party_of(token)
    if party is None:
        return _closed(render(request, "operators/no_scorecard.html", status=404))
    figures = figures_of(party)
    context = {"party": party, "figures": figures, "days": DAYS, "at": timezone.now()}
    return _closed(render(request, "operators/shared_scorecard.html", context))


def _closed(answer: HttpResponse) -> HttpResponse:
    """Secluded, and without scripts."""
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    return secluded(answer)
