"""The sync page of a connection: how far each module was read, pull now, and its progress."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.timesince import timeuntil
from unfold.decorators import action

from ocpi.models import Connection, ConnectionStatus, SyncState
from ocpi.services import pulls
from ocpi.services.pull_schedule import next_due_at


@dataclass(frozen=True)
class Progress:
    """How a module stands, in words and numbers for the page and for its script.

    percent: 0 to 100 while its number of objects is known and it runs, else None.
    """

    module: str
    state: str
    said: str
    percent: int | None
    high_water: str
    last_complete: str
    stored: int
    parked: int
    error: str


class PullPages:
    """The part of the connections' admin that is about pulls."""

    admin_site: Any
    model: Any
    message_user: Callable[..., None]
    has_view_permission: Callable[..., bool]
    has_change_permission: Callable[..., bool]

    def pull_urls(self) -> list[URLPattern]:
        """Addresses of these pages."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/sync/", view(self.sync_view), name="ocpi_connection_sync"),
            path("<int:pk>/sync.json", view(self.progress_view), name="ocpi_connection_progress"),
        ]

    @action(description="Sync", icon="sync", permissions=["view"])
    def sync_state(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:ocpi_connection_sync", object_id)

    def sync_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every module with its high-water mark; POST asks for a pull."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        connection = get_object_or_404(Connection, pk=pk)
        may_change = self.has_change_permission(request)
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            full = request.POST.get("what") == "everything"
            pulls.request_pull(connection, full=full)
            self.message_user(request, f"{'Everything' if full else 'What changed'} will be read now.")
            return redirect("admin:ocpi_connection_sync", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Sync of {connection}",
            "opts": self.model._meta,
            "connection": connection,
            "registered": connection.status == ConnectionStatus.REGISTERED,
            "may_change": may_change,
            "modules": progress_of(connection),
            "parked": connection.parked_objects.filter(resolved_at=None).count(),
        }
        return TemplateResponse(request, "admin/ocpi/sync.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same as JSON, asked for by the page every two seconds."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        connection = get_object_or_404(Connection, pk=pk)
        return JsonResponse({"modules": [asdict(row) for row in progress_of(connection)]})


def progress_of(connection: Connection) -> list[Progress]:
    """Each module in the order in which they are read."""
    states = {state.module: state for state in connection.sync_states.all()}
    now = timezone.now()
    return [_progress(module, states.get(module), now) for module in pulls.MODULES]


def _progress(module: str, row: SyncState | None, now: datetime) -> Progress:
    if row is None:
        return Progress(module, "waiting", "not read yet", None, "", "", 0, 0, "")
    running = row.running_until is not None and row.running_until > now
    percent = None
    if running:
        state, said = "running", f"{row.run_objects} read"
        if row.run_total:
            percent = min(100, 100 * row.run_objects // row.run_total)
            said = f"{row.run_objects} of {row.run_total} read"
    else:
        due_at = next_due_at(row)
        state = "failed" if row.error else "idle" if row.last_complete_at else "waiting"
        said = f"next in {timeuntil(due_at, now)}" if due_at else "due now"
    return Progress(
        module, state, said, percent, _moment(row.high_water_at), _moment(row.last_complete_at), row.stored,
        row.parked, row.error,
    )  # fmt: skip


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""
