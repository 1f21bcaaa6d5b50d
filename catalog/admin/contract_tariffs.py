"""Contract tariffs: prices agreed with an operator beside OCPI, kept by staff in OCPI's form. Source: ocpi.md T48."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from msgspec import json
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from catalog.admin.tariffs import findings_of, price_in_words
from catalog.pricing import TariffError
from catalog.pricing.words import in_words
from emsp.core.wire import WireError, encode, load_json
from ocpi.models import ContractTariff, Party, Tariff
from ocpi.services import tariffs
from ocpi.services.refusals import InvalidObject

OURS = frozenset({"country_code", "party_id", "id", "last_updated"})
EXAMPLE = """{"currency": "INR", "elements": [
  {"price_components": [{"type": "ENERGY", "price": 12.5, "vat": 18, "step_size": 1}]}
]}"""


class ContractForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whose tariff it is, which of its tariffs it stands for, and the prices; a change makes a new version."""

    party = forms.ModelChoiceField(
        Party.objects.all(), widget=UnfoldAdminSelectWidget, label="Operator",
        help_text="its connection counts contract tariffs when its price source says so",
    )  # fmt: skip
    stands_for = forms.CharField(
        max_length=200, required=False, widget=UnfoldAdminTextInputWidget, label="In place of",
        help_text="id of the operator's tariff, as its connectors name it; empty: of all that have no other",
    )  # fmt: skip
    tariff = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "spellcheck": "false"}), initial=EXAMPLE,
        help_text="an OCPI Tariff in JSON: currency, elements, and min_price, max_price, start_date_time or "
        "end_date_time where agreed. Prices without VAT",
    )  # fmt: skip

    class Meta:
        model = ContractTariff
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept: ContractTariff = self.instance
        if kept.pk is not None:
            for name, value in (("party", kept.party), ("stands_for", kept.stands_for)):
                self.fields[name].disabled, self.fields[name].initial = True, value
            told = {name: value for name, value in kept.raw.items() if name not in OURS}
            self.fields["tariff"].initial = json.format(encode(told), indent=2).decode()

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if "party" not in told or "tariff" not in told:
            return told
        try:
            given = load_json(told["tariff"].encode())
            if not isinstance(given, dict):
                raise WireError("a JSON object is expected")
            in_words(given, ocpi_version=told["party"].connection.version)
            self.row = tariffs.contract_row(told["party"], told["stands_for"], given, at=timezone.now())
        except (WireError, InvalidObject, TariffError) as error:
            self.add_error("tariff", str(error))
        return told


@admin.register(ContractTariff)
class ContractTariffAdmin(ModelAdmin):
    """What staff agreed with an operator; what is deleted here ends, and stays with what was sold by it."""

    form = ContractForm
    list_display = ("in_place_of", "party", "price", "last_updated")
    list_filter = ("party",)
    list_select_related = ("party__connection",)
    actions = None  # one by one: each ends as itself
    fields = ("party", "stands_for", "tariff", "price", "findings")
    readonly_fields = ("price", "findings")

    def save_form(self, request: HttpRequest, form: ContractForm, change: bool) -> Tariff:
        super().save_form(request, form, change)
        return form.row

    def save_model(self, request: HttpRequest, obj: Tariff, form: ContractForm, change: bool) -> None:
        obj.pk = tariffs.keep_contract(obj).pk

    def delete_model(self, request: HttpRequest, obj: ContractTariff) -> None:
        tariffs.end_contract(obj, at=timezone.now())

    @display(description="in place of")
    def in_place_of(self, tariff: ContractTariff) -> str:
        return tariff.stands_for or "all others"

    @display(description="price")
    def price(self, tariff: ContractTariff) -> str:
        return price_in_words(tariff) if tariff.pk else "shown once it is stored"

    @display(description="findings")
    def findings(self, tariff: ContractTariff) -> SafeString | str:
        return findings_of(tariff) if tariff.pk else "shown once it is stored"
