"""Forms of the connections' pages."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
    UnfoldBooleanSwitchWidget,
)

from ocpi.models import Connection


class SecretText(UnfoldAdminTextareaWidget):
    """A text area for what goes in and never comes back, not even beside a refusal."""

    def format_value(self, value: Any) -> str:
        return ""


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Settings of a connection. An empty certificate keeps the one there is; it is never shown."""

    forget_client_cert = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget, label="Forget the client certificate"
    )

    class Meta:
        model = Connection
        fields: tuple[str, ...] = ()  # those of the page
        widgets = {"tls_client_cert": SecretText(attrs={"rows": 4, "autocomplete": "off"})}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept_cert = self.instance.tls_client_cert
        self.initial["tls_client_cert"] = ""

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("forget_client_cert"):
            if told.get("tls_client_cert"):
                self.add_error("forget_client_cert", "a new certificate was given: keep it, or leave it out")
            told["tls_client_cert"] = ""
        elif not told.get("tls_client_cert"):
            told["tls_client_cert"] = self._kept_cert
        return told

    def changed_settings(self) -> list[str]:
        """The fields of the connection that are to be written."""
        changed = [name for name in self.changed_data if name != "forget_client_cert"]
        if self.instance.tls_client_cert != self._kept_cert and "tls_client_cert" not in changed:
            changed.append("tls_client_cert")
        return changed


class RegisterForm(forms.Form):
    """We start the handshake with a CPO that gave us its versions URL and a token A."""

    name = forms.CharField(
        max_length=100, widget=UnfoldAdminTextInputWidget, help_text="How your staff call this CPO"
    )
    versions_url = forms.URLField(
        max_length=255,
        widget=UnfoldAdminURLInputWidget,
        assume_scheme="https",
        help_text="The CPO's /versions address",
    )
    token_a = forms.CharField(
        max_length=64,
        widget=UnfoldAdminPasswordWidget,
        label="Token A",
        help_text="The CPO gave it to you; it is dead after the handshake",
    )


class InviteForm(forms.Form):
    """A CPO that starts the handshake itself gets a token A from us."""

    name = forms.CharField(
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text="A known name gets a fresh token A for the same CPO",
    )
