"""The ledger in the back office: a journal to read, statements to build, close and download, the margin report."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from emsp.core.admin import RecordAdmin
from emsp.core.errors import DomainError
from sessions.ledger import entries, export, journal, report, statements
from sessions.models import JournalEntry, Posting, Statement

SPAN = timedelta(days=29)
LONGEST = timedelta(days=366)
GREEN, RED, BLUE = "#16a34a", "#dc2626", "#2563eb"


class PostingInline(TabularInline):
    model = Posting
    extra = 0
    can_delete = False
    fields = readonly_fields = ("account", "party", "bap_id", "amount", "currency")


@admin.register(JournalEntry)
class JournalEntryAdmin(RecordAdmin):
    """What was booked. Nothing here is ever changed; corrections are entries of their own."""

    list_display = ("booked_on", "kind", "order", "text", "debits", "occurred_on", "key")
    list_filter = ("kind", "booked_on")
    search_fields = ("key", "text", "order__reference")
    date_hierarchy = "booked_on"
    list_select_related = ("order",)
    inlines = (PostingInline,)
    actions_list = ("margin_report",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[JournalEntry]:
        return super().get_queryset(request).prefetch_related("postings")  # type: ignore[no-any-return]

    @display(description="amount")
    def debits(self, entry: JournalEntry) -> str:
        sums: dict[str, Decimal] = {}
        for posting in entry.postings.all():
            if posting.amount > 0:
                sums[posting.currency] = sums.get(posting.currency, Decimal(0)) + posting.amount
        return ", ".join(f"{amount} {currency}" for currency, amount in sums.items())

    @action(description="Margin report", icon="monitoring", permissions=["view"])
    def margin_report(self, request: HttpRequest) -> HttpResponse:
        return redirect(reverse("admin:sessions_margin"))

    def get_urls(self) -> list[URLPattern]:
        margin = path("margin/", self.admin_site.admin_view(self.margin_view), name="sessions_margin")
        return [margin, *super().get_urls()]

    def margin_view(self, request: HttpRequest) -> HttpResponse:
        """Revenue, cost and margin by day and by operator."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        known = report.currencies() or ["INR"]
        until = journal.today()
        start = {"since": until - SPAN, "until": until, "currency": known[0]}
        form = SpanForm({**start, **request.GET.dict()}, currencies=known)
        chosen: dict[str, Any] = form.cleaned_data if form.is_valid() else start
        span = (chosen["since"], chosen["until"], chosen["currency"])
        days, operators = report.per_day(*span), report.per_operator(*span)
        context = {
            **self.admin_site.each_context(request),
            "title": "Margin report",
            "opts": self.model._meta,
            "form": form,
            "currency": chosen["currency"],
            "total": report.Earned(
                "total", sum((d.revenue for d in days), report.ZERO), sum((d.cost for d in days), report.ZERO)
            ),
            "by_day": _chart([day.name[5:] for day in days], days),
            "by_operator": _chart([row.name for row in operators], operators),
            "table": {
                "headers": ["Operator", "Revenue", "Cost", "Margin", "Margin in %"],
                "rows": [
                    [row.name, row.revenue, row.cost, row.margin, "" if row.percent is None else row.percent]
                    for row in operators
                ],
            },
        }
        return TemplateResponse(request, "admin/sessions/margin.html", context)


def _chart(labels: list[str], rows: list[report.Earned]) -> str:
    """Chart.js data. grouped: bars stand beside each other, where Unfold would draw them on top of each other."""
    series = [
        ("Revenue", BLUE, [row.revenue for row in rows]),
        ("Cost", RED, [row.cost for row in rows]),
        ("Margin", GREEN, [row.margin for row in rows]),
    ]
    look = {"grouped": True, "maxBarThickness": 28}
    datasets = [
        {"label": name, "backgroundColor": colour, "borderColor": colour, "data": [float(v) for v in values]}
        for name, colour, values in series
    ]
    return json.dumps({"labels": labels, "datasets": [look | dataset for dataset in datasets]})


class SpanForm(forms.Form):
    """Which days, in which currency."""

    since = forms.DateField(label="From", widget=UnfoldAdminDateWidget)
    until = forms.DateField(label="To", widget=UnfoldAdminDateWidget)
    currency = forms.ChoiceField(widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = [(name, name) for name in currencies]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        since, until = told.get("since"), told.get("until")
        if since and until and not timedelta(0) <= until - since <= LONGEST:
            raise forms.ValidationError("from 1 to 367 days can be shown")
        return told


class AdjustmentForm(forms.Form):
    """How much more (or less, below 0) is owed, and why."""

    amount = forms.DecimalField(
        max_digits=12, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget,
        help_text="adds to what the statement says is owed; below 0 takes away",
    )  # fmt: skip
    reason = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget)


@admin.register(Statement)
class StatementAdmin(ModelAdmin):
    """Statements per operator and per app. Adding one builds it; closing one is for good."""

    list_display = (
        "counterparty", "kind", "period_from", "period_to", "billed", "credited", "adjusted", "total", "currency",
        "state",
    )  # fmt: skip
    list_filter = ("kind", "currency", ("closed_at", admin.EmptyFieldListFilter), "period_to")
    search_fields = ("bap_id", "party__name", "party__party_id")
    list_select_related = ("party",)
    fields = ("kind", "party", "bap_id", "period_from", "period_to", "currency")
    sums = ("billed", "credited", "adjusted", "total", "row_count", "built_at", "closed_at", "closed_by")
    actions = ("build_again", "close_periods")
    actions_list = ("build_last_month",)
    actions_detail = ("adjust", "download_pdf", "download_csv", "download_json")

    def get_fields(self, request: HttpRequest, obj: Statement | None = None) -> tuple[str, ...]:
        return self.fields if obj is None else (*self.fields, *self.sums)

    def get_readonly_fields(self, request: HttpRequest, obj: Statement | None = None) -> tuple[str, ...]:
        return () if obj is None else (*self.fields, *self.sums)

    def has_delete_permission(self, request: HttpRequest, obj: Statement | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.closed_at is None)

    def get_actions(self, request: HttpRequest) -> Any:
        found = super().get_actions(request)
        found.pop("delete_selected", None)  # a closed one among them would spoil it
        return found

    def save_model(self, request: HttpRequest, obj: Statement, form: Any, change: bool) -> None:
        statements.build(obj)

    @display(description="state", label={"closed": "success", "open": "info"})
    def state(self, statement: Statement) -> str:
        return "closed" if statement.closed_at else "open"

    @admin.action(description="Build again from the journal", permissions=["change"])
    def build_again(self, request: HttpRequest, rows: QuerySet[Statement]) -> None:
        for statement in rows:
            statements.build(statement)
        self.message_user(request, f"{len(rows)} statement(s) built; closed ones stay as they are.")

    @admin.action(description="Close: freeze the period for good", permissions=["change"])
    def close_periods(self, request: HttpRequest, rows: QuerySet[Statement]) -> None:
        for statement in rows:
            try:
                closed = statements.close(statement, by=request.user)  # type: ignore[arg-type]
                self.message_user(request, f"{closed}: closed at {closed.total} {closed.currency}.")
            except DomainError as refusal:
                self.message_user(request, f"{statement}: {refusal}.", level=messages.WARNING)

    @action(description="Build last month's", icon="calendar_month", permissions=["add"])
    def build_last_month(self, request: HttpRequest) -> HttpResponse:
        day: date = journal.today().replace(day=1) - timedelta(days=1)
        self.message_user(request, f"{statements.build_month(day)} statement(s) of {day:%B %Y} built.")
        return redirect(reverse("admin:charging_sessions_statement_changelist"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/file.<str:ending>", view(self.file_view), name="sessions_statement_file"),
            path("<int:pk>/adjust/", view(self.adjust_view), name="sessions_statement_adjust"),
            *super().get_urls(),
        ]

    @action(description="PDF", icon="picture_as_pdf", permissions=["view"])
    def download_pdf(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return _to_file(object_id, "pdf")

    @action(description="CSV", icon="table", permissions=["view"])
    def download_csv(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return _to_file(object_id, "csv")

    @action(description="JSON", icon="data_object", permissions=["view"])
    def download_json(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return _to_file(object_id, "json")

    @action(description="Adjust", icon="exposure", permissions=["change"])
    def adjust(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect(reverse("admin:sessions_statement_adjust", args=[object_id]))

    def file_view(self, request: HttpRequest, pk: int, ending: str) -> HttpResponse:
        """The statement as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        statement = get_object_or_404(Statement.objects.select_related("party"), pk=pk)
        if ending not in export.FORMATS:
            return HttpResponse(status=404)
        content_type, make = export.FORMATS[ending]
        name = export.file_name(statement, ending)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(make(statements.build(statement)), content_type=content_type, headers=headers)

    def adjust_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Book an adjustment with its reason."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        statement = get_object_or_404(Statement.objects.select_related("party"), pk=pk)
        form = AdjustmentForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = entries.adjust(statement, form.cleaned_data["amount"], form.cleaned_data["reason"])
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                statements.build(statement)
                self.message_user(request, f"Booked on {made.booked_on}: {made.text}.")
                return HttpResponseRedirect(reverse("admin:charging_sessions_statement_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Adjust: {statement}",
            "opts": self.model._meta,
            "form": form,
            "closed": statement.closed_at is not None,
        }
        return TemplateResponse(request, "admin/sessions/adjust.html", context)


def _to_file(pk: int, ending: str) -> HttpResponse:
    return redirect(reverse("admin:sessions_statement_file", args=[pk, ending]))
