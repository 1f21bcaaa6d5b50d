"""What all admin pages share: rows that record what was said are read-only, bodies are shown masked."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest
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


def masked_json(value: Any) -> SafeString:
    """A JSON value as readable text, secrets and drivers' data masked."""
    import msgspec

    text = msgspec.json.format(encode(mask(value)), indent=2).decode()
    return format_html('<pre style="white-space:pre-wrap;max-height:36rem;overflow:auto">{}</pre>', text)


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
