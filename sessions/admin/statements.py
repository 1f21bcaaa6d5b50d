"""Statements in the back office: built, adjusted, closed, downloaded, and paid."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from emsp.core.admin import ask_first
from emsp.core.errors import DomainError
from sessions.ledger import entries, export, journal, settling, statements
from sessions.models import EntryKind, Statement, StatementPayment

SHOWN = 200


class AdjustmentForm(forms.Form):
    """How much more (or less, below 0) is owed, and why."""

    amount = forms.DecimalField(
        max_digits=12, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget,
        help_text="adds to what the statement says is owed; below 0 takes away",
    )  # fmt: skip
    reason = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget)


class StatementPaymentForm(forms.Form):
    """What the bank moved, when, and under which reference."""

    amount = forms.DecimalField(
        max_digits=14, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget,
        help_text="of the sign of the total; of the other sign it takes back what was recorded by mistake",
    )  # fmt: skip
    paid_on = forms.DateField(label="Day", widget=UnfoldAdminDateWidget, help_text="of the bank")
    bank_reference = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)


class StatementPaymentInline(TabularInline):
    model = StatementPayment
    extra = 0
    can_delete = False
    fields = readonly_fields = ("paid_on", "amount", "bank_reference", "by_name", "entry", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Statement)
class StatementAdmin(ModelAdmin):
    """Statements per operator and per app. Adding one builds it; closing one is for good."""

    list_display = (
        "counterparty", "kind", "period_from", "period_to", "billed", "credited", "adjusted", "total", "still_open",
        "currency", "state",
    )  # fmt: skip
    list_filter = ("kind", "currency", ("closed_at", admin.EmptyFieldListFilter), "period_to")
    search_fields = ("bap_id", "party__name", "party__party_id")
    list_select_related = ("party",)
    fields = ("kind", "party", "bap_id", "period_from", "period_to", "currency")
    sums = (
        "billed", "credited", "adjusted", "total", "paid", "still_open", "row_count", "built_at", "built_by", "closed_at",
        "closed_by", "entries",
    )  # fmt: skip
    actions = ("build_again", "close_periods")
    actions_list = ("build_last_month",)
    actions_detail = ("adjust", "record_payment", "download_pdf", "download_csv", "download_json")
    inlines = (StatementPaymentInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Statement]:
        found: QuerySet[Statement] = super().get_queryset(request)
        return found.annotate(sum_paid=Coalesce(Sum("payments__amount"), statements.ZERO))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """An open statement is added up anew when somebody looks, so that its sums are those of its entries."""
        found = super().get_object(request, object_id, from_field)
        return statements.add_up(found) if found is not None else None

    def get_inlines(self, request: HttpRequest, obj: Statement | None) -> Any:
        return self.inlines if obj is not None and obj.closed_at else ()

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
        statements.build(obj, by=request.user)  # type: ignore[arg-type]

    @display(description="state", label={"closed": "success", "open": "info"})
    def state(self, statement: Statement) -> str:
        return "closed" if statement.closed_at else "open"

    @display(description="paid")
    def paid(self, statement: Any) -> Decimal:
        paid: Decimal = statement.sum_paid
        return paid

    @display(description="still open")
    def still_open(self, statement: Any) -> Decimal | None:
        """Of a closed statement; the total of an open one may still change."""
        left: Decimal = statement.total - statement.sum_paid
        return left if statement.closed_at else None

    @display(description="entries")
    def entries(self, statement: Statement) -> SafeString:
        """The first SHOWN entries; the files have all."""
        listed = list(islice(statements.rows(statement), SHOWN + 1))
        cells = [
            (row.booked_on, EntryKind(row.kind).label, _without_order(row), row.order, f"{row.amount:.2f}")
            for row in listed[:SHOWN]
        ]
        more = f"The first {SHOWN}; the files have all {statement.row_count}." if len(listed) > SHOWN else ""
        return render_to_string("admin/sessions/statement_entries.html", {"rows": cells, "more": more})

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Recording a payment has a permission of its own: it moves the books, not the statement."""
        return request.user.has_perm("charging_sessions.add_statementpayment")

    @admin.action(description="Build again from the journal", permissions=["change"])
    def build_again(self, request: HttpRequest, rows: QuerySet[Statement]) -> None:
        for statement in rows:
            statements.build(statement, by=request.user)  # type: ignore[arg-type]
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
        if request.method != "POST":
            asks = f"A statement of {day:%B %Y} is built for each operator and app with entries in it; closed ones stay."
            return ask_first(self, request, title=f"Statements of {day:%B %Y}", asks=asks, label="Build them")
        count = statements.build_month(day, by=request.user)  # type: ignore[arg-type]
        self.message_user(request, f"{count} statement(s) of {day:%B %Y} built.")
        return redirect(reverse("admin:charging_sessions_statement_changelist"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/file.<str:ending>", view(self.file_view), name="sessions_statement_file"),
            path("<int:pk>/adjust/", view(self.adjust_view), name="sessions_statement_adjust"),
            path("<int:pk>/payment/", view(self.payment_view), name="sessions_statement_payment"),
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

    @action(description="Record a payment", icon="account_balance", permissions=["settle"])
    def record_payment(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect(reverse("admin:sessions_statement_payment", args=[object_id]))

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
        return HttpResponse(make(statements.add_up(statement)), content_type=content_type, headers=headers)

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
                statements.build(statement, by=request.user)  # type: ignore[arg-type]
                self.message_user(request, f"Booked on {made.booked_on}: {made.text}.")
                return HttpResponseRedirect(reverse("admin:charging_sessions_statement_change", args=[pk]))
        closed = "This statement is closed: the adjustment is booked into the next open period."
        notice = closed if statement.closed_at else ""
        return self._form_page(request, form, f"Adjust: {statement}", "Book the adjustment", notice)

    def payment_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Record what the bank moved for a closed statement."""
        if not self.has_settle_permission(request):
            raise PermissionDenied
        statement = get_object_or_404(Statement.objects.select_related("party"), pk=pk)
        left = statement.total - settling.paid(statement)
        start = {"amount": left, "paid_on": journal.today()}
        form = StatementPaymentForm(request.POST or None, initial=start)
        if request.method == "POST" and form.is_valid():
            try:
                made = settling.record(statement, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                self.message_user(request, f"Booked on {made.entry.booked_on}: {made}.")
                return HttpResponseRedirect(reverse("admin:charging_sessions_statement_change", args=[pk]))
        notice = f"{left} of {statement.total} {statement.currency} are open."
        return self._form_page(request, form, f"Payment of {statement}", "Book the payment", notice)

    def _form_page(
        self, request: HttpRequest, form: forms.Form, title: str, button: str, notice: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.model._meta,
            "form": form,
            "button": button,
            "notice": notice,
        }
        return TemplateResponse(request, "admin/sessions/statement_form.html", context)


def _without_order(row: statements.Row) -> str:
    """The text of an entry; the order that it is about has a column of its own."""
    return row.text.removeprefix(f"order {row.order}").removeprefix(", ") if row.order else row.text


def _to_file(pk: int, ending: str) -> HttpResponse:
    return redirect(reverse("admin:sessions_statement_file", args=[pk, ending]))
