"""Staff, the trail of what they did, and failed logins."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from unfold.admin import ModelAdmin
from unfold.decorators import display

from emsp.backoffice.roles import second_factor
from emsp.core.admin import RecordAdmin, StaffAdmin

admin.site.unregister(StaticDevice)  # its page would show what opens somebody's account
admin.site.unregister(User)


@admin.register(User)
class PeopleAdmin(StaffAdmin):
    """Only superusers make, change or delete superusers."""

    list_display = ("username", "first_name", "last_name", "is_staff", "roles", "second_factor", "last_login")
    actions = ("remove_second_factor",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        own = tuple(super().get_readonly_fields(request, obj))
        return own if request.user.is_superuser else (*own, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and _may_touch(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        if not all(_may_touch(request, user) for user in queryset):
            raise PermissionDenied
        super().delete_queryset(request, queryset)

    @display(description="roles")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    @display(description="second factor", boolean=True)
    def second_factor(self, user: User) -> bool:
        return second_factor.has_one(user)

    @admin.action(description="Remove the second factor (lost device)", permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            if not _may_touch(request, user):
                self.message_user(request, f"{user} is a superuser.", level=messages.WARNING)
                continue
            second_factor.remove(user)
            self.message_user(request, f"{user} logs in by password alone, and can enrol again.")


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return user is None or not user.is_superuser or bool(request.user.is_superuser)


@admin.register(LogEntry)
class TrailAdmin(RecordAdmin):
    """Who did what and when. Nothing here is ever changed."""

    list_display = ("action_time", "user", "deed", "content_type", "object_repr")
    list_filter = ("action_flag", "user", "content_type")
    search_fields = ("object_repr", "change_message", "user__username", "object_id")
    list_select_related = ("user", "content_type")
    date_hierarchy = "action_time"
    fields = readonly_fields = ("action_time", "user", "deed", "content_type", "object_id", "object_repr")

    @display(description="what")
    def deed(self, entry: LogEntry) -> str:
        return entry.get_change_message() or str(entry.get_action_flag_display())


@admin.register(AccessAttempt)
class FailedLoginAdmin(ModelAdmin):
    """Wrong passwords in a row, per name and address. Deleting a row unlocks it."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    search_fields = ("username", "ip_address")
    date_hierarchy = "attempt_time"
    fields = readonly_fields = ("username", "ip_address", "failures_since_start", "attempt_time", "user_agent")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
