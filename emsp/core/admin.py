"""What all admin pages share: rows that record what was said are read-only, bodies are shown masked, and what
changes state is asked before."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from emsp.core.log import mask
from emsp.core.wire import encode


class RecordAdmin(ModelAdmin):
    """Rows that record what was said or done: they can be looked at, not changed."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def note(request: HttpRequest, row: Model, deed: str) -> None:
    """Write into the trail of staff what somebody did with a row, in words; it takes the place of the general entry."""
    assert request.user.pk is not None  # pages of the admin are for people who are logged in
    LogEntry.objects.log_actions(request.user.pk, [row], CHANGE, deed, single_object=True)
    request.in_trail = True  # type: ignore[attr-defined]


def ask_first(page: Any, request: HttpRequest, *, title: str, asks: str, label: str, **more: Any) -> TemplateResponse:
    """The page that a button opens before it changes anything: what will happen, and one button that POSTs.

    page: the ModelAdmin; label: of the button. back: where to go instead, the list of rows when it is not given.
    template: one that extends the page, where more than a yes is asked.
    """
    names = page.opts.app_label, page.opts.model_name
    context = {
        **page.admin_site.each_context(request), "title": title, "asks": asks, "label": label, "opts": page.opts,
        "back": reverse("admin:{}_{}_changelist".format(*names)),
    }  # fmt: skip
    return TemplateResponse(request, more.pop("template", "admin/confirm.html"), context | more)


def masked_json(value: Any) -> SafeString:
    """A JSON value as readable text, secrets and drivers' data masked."""
    import msgspec

    text = msgspec.json.format(encode(mask(value)), indent=2).decode()
    return format_html('<pre tabindex="0" style="white-space:pre-wrap;max-height:36rem;overflow:auto">{}</pre>', text)


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class StaffAdmin(UserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """People of the back office."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class RoleAdmin(GroupAdmin, ModelAdmin):
    """Roles of the back office."""
