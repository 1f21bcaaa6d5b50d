"""Forms of the registration pages."""

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget, UnfoldAdminURLInputWidget


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
