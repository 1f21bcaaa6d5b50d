"""The ledger in the back office: a journal to read, and the margin report."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from emsp.core.admin import RecordAdmin
from sessions.ledger import journal, report
from sessions.models import JournalEntry, Posting

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
