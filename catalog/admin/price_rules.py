"""Price rules: edited in drafts, brought in and out as CSV or XLSX."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ConfirmImportForm
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.models import BookState, PriceBookVersion, PriceRule
from catalog.services.rule_sheet import RuleSheet
from catalog.services.rule_words import matchers, terms

DRAFTS = PriceBookVersion.objects.filter(state=BookState.DRAFT)


class RuleImportForm(ImportForm):
    """The file, and the draft whose rules it replaces."""

    version = forms.ModelChoiceField(
        DRAFTS, label="draft", help_text="its rules are replaced", widget=UnfoldAdminSelectWidget
    )


class RuleConfirmForm(ConfirmImportForm):
    version = forms.ModelChoiceField(DRAFTS, widget=forms.HiddenInput)


@admin.register(PriceRule)
class PriceRuleAdmin(SimpleHistoryAdmin, ImportExportModelAdmin, ModelAdmin):
    """What a rule is for stands first, what it does second. Only rules of a draft can be changed."""

    resource_classes = [RuleSheet]  # noqa: RUF012
    formats = [CSV, XLSX]  # noqa: RUF012
    import_form_class = RuleImportForm
    confirm_form_class = RuleConfirmForm
    export_form_class = ExportForm
    list_display = ("name", "version", "for_what", "pays", "priority")
    list_filter = ("version", "kind", "party")
    search_fields = ("name", "sold_through", "location__ocpi_id", "location__name")
    list_select_related = ("version", "party", "location")
    autocomplete_fields = ("location",)
    fieldsets = (
        (None, {"fields": ("version", "name", "priority", "effective_from", "effective_until")}),
        (
            "For which sales",
            {
                "description": "What is left empty fits everything; the most specific rule wins.",
                "fields": (
                    "party",
                    "location",
                    "sold_through",
                    "connector_standard",
                    ("min_power_w", "max_power_w"),
                    "weekdays",
                    ("start_time", "end_time"),
                ),
            },
        ),
        (
            "What the driver pays",
            {
                "fields": (
                    "kind",
                    ("currency", "vat_percent"),
                    ("markup_percent", "markup_per_kwh"),
                    "energy_price",
                    ("floor_per_kwh", "cap_per_kwh"),
                    "service_fee",
                )
            },
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: PriceRule | None = None) -> bool:
        return super().has_change_permission(request, obj) and _in_draft(obj)

    def has_delete_permission(self, request: HttpRequest, obj: PriceRule | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _in_draft(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PriceRule]) -> None:
        """Rules of a draft alone; the database would refuse the others."""
        super().delete_queryset(request, queryset.filter(version__in=DRAFTS.all()))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "version":
            kwargs["queryset"] = DRAFTS.all()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_confirm_form_initial(request, import_form)
        if import_form:
            initial["version"] = import_form.cleaned_data["version"].pk
        return initial

    def get_import_data_kwargs(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The draft goes to the sheet, which puts the rules in it."""
        form = kwargs.pop("form", None)
        return kwargs | ({"version": form.cleaned_data["version"]} if form else {})

    @display(description="for")
    def for_what(self, rule: PriceRule) -> str:
        return matchers(rule)

    @display(description="the driver pays")
    def pays(self, rule: PriceRule) -> str:
        return terms(rule)


def _in_draft(rule: PriceRule | None) -> bool:
    return rule is None or rule.version.state == BookState.DRAFT
