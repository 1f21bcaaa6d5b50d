"""The trail of what staff did: actions and buttons stand in the log beside adds, changes and deletions."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch

BY_DJANGO = ("_add", "_change", "_delete", "_history", "_import", "_process_import", "_password_change")
MOST = 200


class StaffTrailMiddleware:
    """Writes a LogEntry for each POST below the admin that Django itself does not log.

    What was asked stands there even where the service refused; a 403, 404 or 5xx leaves nothing, nor does what a page
    noted in words of its own (emsp.core.admin.note).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if request.method == "POST" and match is not None and match.app_name == "admin" and not hasattr(request, "in_trail"):
            user = getattr(request, "user", None)
            if user is not None and user.is_authenticated and response.status_code < 400:
                _write(request, match, user.pk)
        return response


def _write(request: HttpRequest, match: ResolverMatch, user_pk: int) -> None:
    name = match.url_name or ""
    model = _model_of(name)
    if model is None:
        return
    if name.endswith("_changelist"):
        deed, pks = request.POST.get("action", ""), request.POST.getlist("_selected_action")[:MOST]
        if not deed or deed == "delete_selected":
            return
    elif name.endswith(BY_DJANGO):
        return
    else:
        deed = name.removeprefix(f"{model._meta.app_label}_{model._meta.model_name}_")
        pks = [str(match.kwargs[key]) for key in ("pk", "object_id") if key in match.kwargs] or [""]
        deed = request.POST.get("deed") or deed
    content_type = ContentType.objects.get_for_model(model)
    rows = {str(row.pk): row for row in _rows(model, pks)}
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=user_pk, content_type=content_type, object_id=pk, action_flag=CHANGE,
            object_repr=str(rows.get(pk, ""))[:200], change_message=f"Did: {deed.replace('_', ' ')[:60]}",
        )
        for pk in pks
    )  # fmt: skip


def _rows(model: type[Model], pks: list[str]) -> Any:
    return model._default_manager.filter(pk__in=[pk for pk in pks if pk.isascii() and pk.isdigit()])


def _model_of(url_name: str) -> type[Model] | None:
    """The model an admin address is about; names of ours begin as Django's do, `app_model_`, some with the app alone."""
    def named(model: type[Model]) -> tuple[str, str]:
        package, name = model.__module__.partition(".")[0], model._meta.model_name
        return f"{model._meta.app_label}_{name}_", f"{package}_{name}_"

    found = [model for model in apps.get_models() if url_name.startswith(named(model))]
    return max(found, key=lambda model: len(model._meta.model_name or ""), default=None)
