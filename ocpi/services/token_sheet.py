"""Tokens as a sheet (CSV, XLSX): uid, type, contract_id, whitelist, valid, language. A known uid changes that token."""

from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import Widget

from ocpi.models import Token, TokenType
from ocpi.services import token_changes
from ocpi.services.token_changes import TokenRefused

TRUE, FALSE = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})
CONTRACT_LENGTH = 36


class UidWidget(Widget):  # type: ignore[misc]
    """A uid as its chip has it, in capitals; sheets write long numbers as numbers."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return str(value if value is not None else "").strip().upper()


class TrueOrFalse(Widget):  # type: ignore[misc]
    """true or false; an empty cell is true. A word that is neither is told, never guessed."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        text = str(value if value is not None else "").strip().lower()
        if text in TRUE or not text:
            return True
        if text in FALSE:
            return False
        raise ValueError("valid is true or false")


class TokenSheet(ModelResource):  # type: ignore[misc]
    """All rows or none; what changed is pushed to the CPOs after the commit."""

    uid = Field("uid", "uid", widget=UidWidget())
    valid = Field("valid", "valid", widget=TrueOrFalse())

    class Meta:
        model = Token
        fields = ("uid", "type", "contract_id", "whitelist", "valid", "language")
        import_id_fields = ("uid", "type")
        clean_model_instances = True
        use_transactions = True
        skip_unchanged = True
        report_skipped = True

    def import_data(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs["rollback_on_validation_errors"] = True
        return super().import_data(dataset, *args, **kwargs)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """A column that is left out is as in the form: a card."""
        row["type"] = str(row.get("type") or TokenType.RFID).strip().upper()
        row["uid"] = str(row.get("uid") or "").strip().upper()
        for name in ("whitelist", "language", "contract_id"):
            if name in row:
                row[name] = str(row[name] or "").strip()
                if not row[name]:
                    del row[name]
        if row.get("whitelist"):
            row["whitelist"] = row["whitelist"].upper()

    def import_instance(self, instance: Token, row: Any, **kwargs: Any) -> None:
        """What was left empty is filled in before the row is judged."""
        super().import_instance(instance, row, **kwargs)
        try:
            token_changes.complete(instance)
        except TokenRefused as refusal:
            raise ValidationError({"uid": [str(refusal)]}) from None
        if instance.last_updated is None:
            instance.last_updated = token_changes.later(instance)
        if instance.valid:
            instance.blocked_reason = ""

    def save_instance(self, instance: Token, is_create: bool, row: Any, **kwargs: Any) -> None:
        """As the form saves; a dry run is rolled back, and its pushes with it."""
        token_changes.save(instance)
