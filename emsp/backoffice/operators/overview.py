"""The page of one operator platform: how it is, what is suspicious, its scorecards, and links to give away."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from emsp.backoffice.models import ScorecardLink
from emsp.backoffice.operators import links
from emsp.backoffice.operators.findings import findings
from emsp.backoffice.operators.scorecard import DAYS, scorecard
from emsp.core import circuit_pages
from emsp.core.admin import note
from ocpi.admin.pulls import progress_of
from ocpi.models import Connection, Party

LIFETIMES_DAYS = (7, 30, 90)


def operator_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one connection on one page."""
    check(request, "ocpi.view_connection")
    connection = get_object_or_404(Connection, pk=pk)
    parties = list(connection.parties.all())
    open_links = ScorecardLink.objects.filter(
        party__connection=connection, revoked_at=None, expires_at__gt=timezone.now()
    ).select_related("party")
    return page(
        request, "operators/operator.html", str(connection), connection=connection,
        circuit=circuit_pages.told(connection.partner), modules=progress_of(connection),
        findings=findings(connection), days=DAYS,
        cards=[(party, scorecard(party)) for party in parties], links=open_links,
        parked=connection.parked_objects.filter(resolved_at=None).count(), lifetimes=LIFETIMES_DAYS,
        may_share=has(request, "ocpi.change_connection"), new_link=request.session.pop("scorecard_link", ""),
    )  # fmt: skip


@require_POST
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link to a party's scorecard; it is shown once on the operator's page."""
    check(request, "ocpi.change_connection")
    party = get_object_or_404(Party, pk=pk)
    given = request.POST.get("days", "")
    if given not in {str(days) for days in LIFETIMES_DAYS}:
        messages.error(request, "Choose how long the link is to last.")
    else:
        token = links.share(party, days=int(given), by=request.user)  # type: ignore[arg-type]
        note(request, party, f"Made a link to the scorecard for {given} days.")
        request.session["scorecard_link"] = f"{settings.BASE_URL}{reverse('scorecard', args=[token])}"
    return redirect("operators:operator", party.connection_id)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a link."""
    check(request, "ocpi.change_connection")
    link = get_object_or_404(ScorecardLink.objects.select_related("party"), pk=pk)
    links.revoke(link)
    note(request, link.party, "Revoked a link to the scorecard.")
    messages.success(request, "The link is revoked: it opens nothing any more.")
    return redirect("operators:operator", link.party.connection_id)


def page(request: HttpRequest, template: str, title: str, **more: Any) -> HttpResponse:
    """A page in the frame of the back office."""
    return TemplateResponse(request, template, {**admin.site.each_context(request), "title": title, **more})


def check(request: HttpRequest, permission: str) -> None:
    """Raises PermissionDenied."""
    if not has(request, permission):
        raise PermissionDenied


def has(request: HttpRequest, permission: str) -> bool:
    """Whether who asks may."""
    return bool(request.user.has_perm(permission))  # type: ignore[union-attr]
