"""The connections' admin with a way to the operator's page."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import action

from ocpi.admin.connections import ConnectionAdmin as BareConnectionAdmin
from ocpi.models import Connection

admin.site.unregister(Connection)


@admin.register(Connection)
class ConnectionAdmin(BareConnectionAdmin):
    """The same, and above it the operator's page: findings, scorecards, links to give away."""

    actions_detail = ("overview", *BareConnectionAdmin.actions_detail)  # type: ignore[assignment]

    @action(description="Overview and scorecard", icon="monitoring", permissions=["view"])
    def overview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("operators:operator", object_id)
