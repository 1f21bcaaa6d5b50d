"""Drivers' tokens: issue, block, bring in as a sheet; and what each operator has of them. A uid is never shown whole."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from import_export.admin import ImportMixin
from import_export.formats.base_formats import CSV, XLSX
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.import_export.forms import ImportForm
from unfold.decorators import action, display

from emsp.core.admin import RecordAdmin, ask_first
from emsp.core.errors import DomainError
from ocpi.models import Authorization, CopyState, Token, TokenCopy
from ocpi.services import token_changes, token_copies
from ocpi.services.token_changes import TokenRefused
from ocpi.services.token_sheet import TokenSheet

COLOURS = {
    "to be pushed": "info", "as ours": "success", "differs": "danger", "not known there": "warning",
    "push failed": "danger", "operator takes no pushes": "default",
}  # fmt: skip


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new token; what is left empty is made. Blocking has a page of its own, with a reason."""

    class Meta:
        model = Token
        fields = ("type", "uid", "contract_id", "whitelist", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("uid", "contract_id"):
            if name in self.fields:
                self.fields[name].required = False
        if "uid" in self.fields:
            self.fields["uid"].help_text = "as the card's chip has it; empty for an app user: one is made"
            self.fields["contract_id"].help_text = "empty: one is made"

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if self.instance.pk is None:
            draft = Token(type=told.get("type", ""), uid=told.get("uid", ""), contract_id=told.get("contract_id", ""))
            try:
                token_changes.complete(draft)
            except TokenRefused as refusal:
                raise forms.ValidationError({"uid": str(refusal)}) from None
            told |= {"uid": draft.uid, "contract_id": draft.contract_id}
            self.instance.issuer = draft.issuer
        return told


class ReasonForm(forms.Form):
    """Why a token is blocked, for staff only."""

    reason = forms.CharField(max_length=200, required=False)


class CopyInline(TabularInline):
    """What each operator has of the token."""

    model = TokenCopy
    extra = 0
    can_delete = False
    fields = readonly_fields = ("connection", "state_label", "drift", "pushed_at", "seen_at", "error")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="state", label=COLOURS)
    def state_label(self, copy: TokenCopy) -> str:
        return CopyState(copy.state).label

    @display(description="differences")
    def drift(self, copy: TokenCopy) -> str:
        return drift_of(copy)


def drift_of(copy: TokenCopy) -> str:
    """What the operator's copy says otherwise; from what it gave last, or of our last push where that is newer."""
    pushed_later = copy.pushed_at and (copy.seen_at is None or copy.pushed_at > copy.seen_at)
    theirs = copy.pushed if pushed_later else copy.seen
    return "; ".join(token_copies.differences(copy.token, theirs))


@admin.register(Token)
class TokenAdmin(ImportMixin, ModelAdmin):
    """Every change is pushed to the operators; blocked is blocked with a reason."""

    form = TokenForm
    resource_classes = [TokenSheet]  # noqa: RUF012
    formats = [CSV, XLSX]  # noqa: RUF012
    import_form_class = ImportForm
    list_display = ("__str__", "type", "contract_id", "blocked", "whitelist", "at_operators", "last_updated")
    list_filter = ("type", "valid", "whitelist", "copies__state")
    search_fields = ("contract_id", "uid")
    inlines = (CopyInline,)
    actions = ("check_tokens", "push_tokens")
    actions_detail = ("block", "unblock", "check_at_operators", "push_again")

    def get_fields(self, request: HttpRequest, obj: Token | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("type", "uid", "contract_id", "whitelist", "language")
        return (
            "masked", "type", "contract_id", "issuer", "valid", "blocked_reason", "whitelist", "language", "last_updated",
        )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Token | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("masked", "type", "contract_id", "issuer", "valid", "blocked_reason", "last_updated")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        return super().get_queryset(request).prefetch_related("copies")  # type: ignore[no-any-return]

    def has_delete_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False  # operators may have it; block it

    def has_block_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """The button is there for a valid token."""
        return self.has_change_permission(request) and _is_valid(object_id, True)

    def has_unblock_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """The button is there for a blocked token."""
        return self.has_change_permission(request) and _is_valid(object_id, False)

    def save_model(self, request: HttpRequest, obj: Token, form: Any, change: bool) -> None:
        token_changes.save(obj)

    @display(description="uid")
    def masked(self, token: Token) -> str:
        return f"…{token.uid[-4:]}"

    @display(description="state", label={"valid": "success", "blocked": "danger"}, ordering="valid")
    def blocked(self, token: Token) -> str:
        return "valid" if token.valid else "blocked"

    @display(description="at operators")
    def at_operators(self, token: Token) -> str:
        states = [CopyState(copy.state).label for copy in token.copies.all()]
        return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))

    @admin.action(description="Compare with the operators", permissions=["change"])
    def check_tokens(self, request: HttpRequest, tokens: QuerySet[Token]) -> None:
        count = sum(token_copies.check_everywhere(token) for token in tokens)
        self.message_user(request, f"{count} copies are being read at their operators.")

    @admin.action(description="Push to the operators again", permissions=["change"])
    def push_tokens(self, request: HttpRequest, tokens: QuerySet[Token]) -> None:
        count = sum(token_copies.push_everywhere(token) for token in tokens)
        self.message_user(request, f"{count} pushes will be sent.")

    def get_urls(self) -> list[URLPattern]:
        asked = path("<int:pk>/<str:deed>/confirm/", self.admin_site.admin_view(self.ask_view), name="ocpi_token_ask")
        return [asked, *super().get_urls()]

    @action(description="Block", icon="block", permissions=["block"])
    def block(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return _ask(object_id, "block")

    @action(description="Unblock", icon="lock_open", permissions=["unblock"])
    def unblock(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return _ask(object_id, "unblock")

    @action(description="Compare", icon="difference", permissions=["change"])
    def check_at_operators(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return _ask(object_id, "check")

    @action(description="Push again", icon="sync", permissions=["change"])
    def push_again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return _ask(object_id, "push")

    def ask_view(self, request: HttpRequest, pk: int, deed: str) -> HttpResponse:
        """Ask first: what operators hear of needs a form of ours, not only a link."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        token = get_object_or_404(Token, pk=pk)
        if deed not in DEEDS:
            return HttpResponse(status=404)
        label, asks, done = DEEDS[deed]
        if request.method == "POST":
            form = ReasonForm(request.POST)
            try:
                _acts(deed)(token, form.cleaned_data["reason"] if form.is_valid() else "")
                self.message_user(request, done)
                return redirect(reverse("admin:ocpi_token_change", args=[pk]))
            except DomainError as refusal:
                self.message_user(request, f"{refusal}.".capitalize(), level=messages.WARNING)
        template, back = "admin/ocpi/token_ask.html", reverse("admin:ocpi_token_change", args=[pk])
        return ask_first(
            self, request, title=f"{label}: {token}", asks=asks, label=label, back=back, template=template,
            needs_reason=deed == "block",
        )  # fmt: skip


DEEDS = {
    "block": (
        "Block", "No operator may let the driver charge with it any more; all of them are told.",
        "Blocked; the operators are being told.",
    ),
    "unblock": (
        "Unblock", "The driver may charge with it again; all operators are told.",
        "Unblocked; the operators are being told.",
    ),
    "check": (
        "Compare", "Its copy is read at every operator and compared with ours.",
        "The copies are being read; load the page again in a moment.",
    ),
    "push": (
        "Push again", "Every operator is sent the whole token.",
        "It is being pushed; load the page again in a moment.",
    ),
}  # fmt: skip


def _acts(deed: str) -> Callable[[Token, str], object]:
    acts: dict[str, Callable[[Token, str], object]] = {
        "block": lambda token, reason: token_changes.block(token, reason=reason),
        "unblock": lambda token, reason: token_changes.unblock(token),
        "check": lambda token, reason: token_copies.check_everywhere(token),
        "push": lambda token, reason: token_copies.push_everywhere(token),
    }
    return acts[deed]


def _is_valid(object_id: Any, valid: bool) -> bool:
    return str(object_id).isdecimal() and Token.objects.filter(pk=object_id, valid=valid).exists()


def _ask(pk: int, deed: str) -> HttpResponse:
    return redirect(reverse("admin:ocpi_token_ask", args=[pk, deed]))


@admin.register(TokenCopy)
class TokenCopyAdmin(RecordAdmin):
    """Where an operator's copy of a token is not as ours."""

    list_display = ("token", "connection", "state_label", "drift", "pushed_at", "seen_at", "attempts", "error")
    list_filter = ("state", "connection")
    search_fields = ("token__contract_id", "token__uid")
    list_select_related = ("token", "connection")
    actions = ("push_copies", "check_copies")
    exclude = ("leased_until",)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ocpi.change_token")

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, copy: TokenCopy) -> str:
        return CopyState(copy.state).label

    @display(description="differences")
    def drift(self, copy: TokenCopy) -> str:
        return drift_of(copy)

    @admin.action(description="Push again", permissions=["act"])
    def push_copies(self, request: HttpRequest, copies: QuerySet[TokenCopy]) -> None:
        self.message_user(request, f"{token_copies.push_again(copies)} pushes will be sent.")

    @admin.action(description="Compare with ours", permissions=["act"])
    def check_copies(self, request: HttpRequest, copies: QuerySet[TokenCopy]) -> None:
        self.message_user(request, f"{token_copies.check(copies)} copies are being read at their operators.")


@admin.register(Authorization)
class AuthorizationAdmin(RecordAdmin):
    list_display = ("reference", "token", "party", "location_id", "created_at", "expires_at")
