"""Parked objects: why they could not be stored, and another try after staff have mended them."""

from typing import Any

import msgspec
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.decorators import action, display

from emsp.core.admin import RecordAdmin, masked_json
from emsp.core.log import mask
from emsp.core.wire import WireError, encode, load_json
from ocpi.models import ParkedObject
from ocpi.services.parked_retries import retry

JSON_LIMIT = 1_000_000


class ObjectForm(forms.Form):
    """The object as JSON."""

    text = forms.CharField(
        max_length=JSON_LIMIT,
        label="The object, as JSON",
        help_text="*** stands for what is not shown; leave it, and it stays as it is.",
        widget=forms.Textarea(attrs={"class": "op-field op-json-field", "spellcheck": "false", "rows": 24}),
    )

    def clean_text(self) -> Any:
        """The JSON value."""
        try:
            return load_json(self.cleaned_data["text"].encode())
        except (WireError, UnicodeEncodeError) as error:
            raise forms.ValidationError(f"This is not JSON: {error}") from None


@admin.register(ParkedObject)
class ParkedObjectAdmin(RecordAdmin):
    """What could not be stored. `Mend and retry` needs the right to change parked objects."""

    list_display = ("module", "ocpi_id", "connection", "reason", "last_seen_at", "resolved_at")
    list_filter = ("module", "connection", ("resolved_at", admin.EmptyFieldListFilter))
    list_select_related = ("connection",)
    search_fields = ("ocpi_id", "reason")
    exclude = ("raw",)
    readonly_fields = ("raw_shown",)
    actions = ("retry_as_they_are",)
    actions_detail = ("mend_and_retry",)

    def has_retry_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Whether this person may store a parked object."""
        return request.user.has_perm("ocpi.change_parkedobject")  # type: ignore[union-attr]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.mend_view)
        return [path("<int:pk>/mend/", view, name="ocpi_parkedobject_mend"), *super().get_urls()]

    @display(description="as received")
    def raw_shown(self, parked: ParkedObject) -> Any:
        return masked_json(parked.raw)

    @action(description="Mend and retry", icon="build", permissions=["retry"])
    def mend_and_retry(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:ocpi_parkedobject_mend", object_id)

    @admin.action(description="Try again as they are", permissions=["retry"])
    def retry_as_they_are(self, request: HttpRequest, chosen: QuerySet[ParkedObject]) -> None:
        tries = [retry(row, row.raw, by=request.user) for row in chosen.filter(resolved_at=None)]  # type: ignore[arg-type]
        stored = sum(not each.outcome for each in tries)
        self.message_user(request, f"{stored} of {len(tries)} stored; the others tell the new reason.")

    def mend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The object in an editor with its reason; POST tries to store it."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        parked = get_object_or_404(ParkedObject.objects.select_related("connection"), pk=pk)
        form = ObjectForm(request.POST or None, initial={"text": _text(parked.raw)})
        if request.method == "POST" and parked.resolved_at is None and form.is_valid():
            done = retry(parked, form.cleaned_data["text"], by=request.user)  # type: ignore[arg-type]
            if not done.outcome:
                self.message_user(request, f"{parked} is stored and has left the quarantine.")
                return redirect("admin:ocpi_parkedobject_changelist")
            self.message_user(request, f"Refused again: {done.outcome}", level=messages.ERROR)
            return redirect("admin:ocpi_parkedobject_mend", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Mend {parked}",
            "opts": self.model._meta,
            "parked": parked,
            "form": form,
            "retries": [(row, _text(row.tried), row.tried != row.before) for row in parked.retries.all()[:20]],
        }
        return TemplateResponse(request, "admin/ocpi/mend.html", context)


def _text(value: Any) -> str:
    return msgspec.json.format(encode(mask(value)), indent=2).decode()
