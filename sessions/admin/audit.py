"""CDR audits, where staff decide with a reason; thresholds per CPO; CDRs that do not come."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from emsp.core.admin import RecordAdmin
from emsp.core.errors import DomainError
from sessions.audit import decisions
from sessions.audit.evidence import bundle
from sessions.models import AuditPolicy, CdrAudit, CdrDecision, MissingCdr

VERDICTS = {"accept": "success", "contest": "warning", "hold": "danger"}
NONE = "–"


class DecisionForm(ActionForm):
    """The list's action menu with a reason beside it."""

    reason = forms.CharField(
        required=False,
        max_length=decisions.REASON_LENGTH,
        label="",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Reason", "aria-label": "Reason"}),
    )


class DecisionInline(TabularInline):
    model = CdrDecision
    extra = 0
    can_delete = False
    fields = readonly_fields = ("at", "decision", "reason", "by_name")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Decisions are made by actions of the list."""
        return False


@admin.register(CdrAudit)
class CdrAuditAdmin(RecordAdmin):
    """Every CDR with our verdict. Tick, write a reason, choose what to do."""

    action_form = DecisionForm
    list_display = (
        "cdr",
        "verdict_label",
        "decision",
        "order",
        "our_total",
        "cpo_total",
        "first",
        "created_at",
    )
    list_filter = ("verdict", "decision", "cdr__party")
    search_fields = ("cdr__ocpi_id", "order__reference")
    list_select_related = ("cdr", "order")
    date_hierarchy = "created_at"
    fields = readonly_fields = (
        "cdr",
        "order",
        "verdict",
        "decision",
        "step_mode",
        "with_vat",
        "our_total",
        "cpo_total",
        "findings_shown",
        "differences_shown",
        "explanation_shown",
        "created_at",
    )
    inlines = (DecisionInline,)
    actions = ("accept_cdrs", "contest_cdrs", "release_bills", "export_evidence")

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Deciding needs the permission to change audits, though their rows cannot be edited."""
        return request.user.has_perm("charging_sessions.change_cdraudit")

    @display(description="verdict", label=VERDICTS, ordering="verdict")
    def verdict_label(self, audit: CdrAudit) -> str:
        return str(audit.get_verdict_display())

    @display(description="first finding")
    def first(self, audit: CdrAudit) -> str:
        return str(audit.findings[0]["sentence"]) if audit.findings else ""

    @display(description="findings")
    def findings_shown(self, audit: CdrAudit) -> SafeString:
        rows = ((each["severity"].lower(), each["sentence"]) for each in audit.findings)
        return format_html_join("", "<div><strong>{}</strong>: {}</div>", rows) or SafeString(NONE)

    @display(description="line by line")
    def differences_shown(self, audit: CdrAudit) -> SafeString:
        rows = (
            (
                each["part"],
                each["ours"] or NONE,
                each["theirs"] or NONE,
                each["difference"] or NONE,
                each["sentence"],
            )
            for each in audit.differences
        )
        cell = '<td style="padding:.25rem 1rem .25rem 0">{}</td>'
        body = format_html_join("", f"<tr>{cell * 5}</tr>", rows)
        head = "".join(
            f'<th style="text-align:left;padding-right:1rem">{word}</th>'
            for word in ("part", "ours", "theirs", "difference", "")
        )
        return format_html(f'<table tabindex="0"><thead><tr>{head}</tr></thead><tbody>{{}}</tbody></table>', body)

    @display(description="our computation")
    def explanation_shown(self, audit: CdrAudit) -> SafeString:
        rows = ((sentence,) for sentence in audit.explanation)
        return format_html_join("", "<div>{}</div>", rows) or SafeString(NONE)

    @admin.action(description="Accept: the CPO is right", permissions=["act"])
    def accept_cdrs(self, request: HttpRequest, audits: QuerySet[CdrAudit]) -> None:
        self._decide(request, audits, decisions.accept, "accepted")

    @admin.action(description="Contest: the CPO is wrong", permissions=["act"])
    def contest_cdrs(self, request: HttpRequest, audits: QuerySet[CdrAudit]) -> None:
        self._decide(request, audits, decisions.contest, "contested")

    @admin.action(description="Release the held bill", permissions=["act"])
    def release_bills(self, request: HttpRequest, audits: QuerySet[CdrAudit]) -> None:
        self._decide(request, audits, decisions.release, "bill released and told to the app")

    @admin.action(description="Export evidence (zip)", permissions=["view"])
    def export_evidence(self, request: HttpRequest, audits: QuerySet[CdrAudit]) -> HttpResponse:
        chosen = audits.select_related("cdr__party", "order__quote__tariff_version", "order__session")
        answer = HttpResponse(bundle(list(chosen)), content_type="application/zip")
        answer["Content-Disposition"] = 'attachment; filename="evidence.zip"'
        return answer

    def _decide(
        self, request: HttpRequest, audits: QuerySet[CdrAudit], act: Callable[..., CdrDecision], done: str
    ) -> None:
        reason = request.POST.get("reason", "")
        for audit in audits.select_related("cdr"):
            try:
                act(audit, by=request.user, reason=reason)
                self.message_user(request, f"CDR {audit.cdr}: {done}.")
            except DomainError as refusal:
                self.message_user(request, f"CDR {audit.cdr}: {refusal}.", level=messages.WARNING)


@admin.register(AuditPolicy)
class AuditPolicyAdmin(ModelAdmin):
    list_display = ("party", "amount", "amount_percent", "energy_percent", "power_percent", "missing_after_h")
    list_select_related = ("party",)


@admin.register(MissingCdr)
class MissingCdrAdmin(RecordAdmin):
    """Charges without a CDR: asked for, raised, settled."""

    list_display = ("order", "party", "asked_at", "raised_at", "settled_at")
    list_filter = (
        ("raised_at", admin.EmptyFieldListFilter),
        ("settled_at", admin.EmptyFieldListFilter),
        "order__party",
    )
    list_select_related = ("order__party",)

    @display(description="CPO", ordering="order__party")
    def party(self, missing: MissingCdr) -> str:
        return str(missing.order.party)
