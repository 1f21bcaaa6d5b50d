"""Price rules as a sheet (CSV, XLSX): one row per rule, operators as `IN-CPO`, locations as `IN-CPO/LOC-1`."""

from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import Widget

from catalog.models import BookState, PriceBookVersion, PriceRule
from ocpi.models import Location, Party


class PartyWidget(Widget):  # type: ignore[misc]
    """An operator as its country code and party id, `IN-CPO`."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Party | None:
        text = str(value or "").strip().upper()
        if not text:
            return None
        country_code, _, party_id = text.partition("-")
        found = list(Party.objects.filter(country_code__iexact=country_code, party_id__iexact=party_id)[:2])
        if len(found) != 1:
            raise ValueError(f"{'no' if not found else 'more than one'} operator is {text}")
        return found[0]

    def render(self, value: Party | None, obj: Any = None, **kwargs: Any) -> str:
        return f"{value.country_code}-{value.party_id}" if value else ""


class LocationWidget(Widget):  # type: ignore[misc]
    """A location as its operator and OCPI id, `IN-CPO/LOC-1`."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Location | None:
        text = str(value or "").strip()
        if not text:
            return None
        operator, _, ocpi_id = text.partition("/")
        party = PartyWidget().clean(operator)
        found = Location.objects.filter(party=party, key=ocpi_id.casefold()).first() if party else None
        if found is None:
            raise ValueError(f"no location is {text}; it is written IN-CPO/LOC-1")
        return found

    def render(self, value: Location | None, obj: Any = None, **kwargs: Any) -> str:
        return f"{PartyWidget().render(value.party)}/{value.ocpi_id}" if value else ""


class RuleSheet(ModelResource):  # type: ignore[misc]
    """An import replaces all rules of the draft it is made for: `import_data(sheet, version=draft)`."""

    party = Field("party", "party", widget=PartyWidget())
    location = Field("location", "location", widget=LocationWidget())

    class Meta:
        model = PriceRule
        exclude = ("id", "version")
        import_id_fields = ()
        clean_model_instances = True
        use_transactions = True

    def import_data(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        """All rows or none: one that is wrong leaves the draft as it was."""
        kwargs["rollback_on_validation_errors"] = True
        return super().import_data(dataset, *args, **kwargs)

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """The draft's rules make room; a dry run or a wrong row puts them back."""
        version = PriceBookVersion.objects.get(pk=kwargs["version"].pk)
        if version.state != BookState.DRAFT:
            raise ValueError("rules can be brought into a draft only")
        PriceRule.objects.filter(version=version).delete()

    def before_save_instance(self, instance: PriceRule, row: Any, **kwargs: Any) -> None:
        instance.version = kwargs["version"]

    def import_instance(self, instance: PriceRule, row: Any, **kwargs: Any) -> None:
        """The version is set before the row is judged."""
        instance.version = kwargs["version"]
        super().import_instance(instance, row, **kwargs)
