"""What is pasted on the bench. Texts are bounded as bodies at our doors are; a private key is never rendered again."""

import re
from typing import Any

from django import forms
from django.conf import settings

from beckn.signing import HEADER_LIMIT, ID
from emsp.developer.message_bench import feed
from emsp.developer.message_bench.reading import BECKN_TYPES, OCPI_TYPES, VERSION_NUMBERS

FIELD = {"class": "op-field", "autocomplete": "off", "spellcheck": "false"}
JSON_FIELD = FIELD | {"class": "op-field op-json-field"}
BECKN = "beckn"
_ID = re.compile(rf"\A{ID.pattern}\Z")
KEY_LIMIT = 500  # characters
URL_LIMIT = 500


class BodyField(forms.CharField):
    """A body, as bytes. Browsers send line ends of a text as CRLF: they count as LF."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            strip=False, max_length=settings.BODY_LIMIT_BYTES,
            widget=forms.Textarea(attrs=JSON_FIELD | {"rows": 14}), **more,
        )  # fmt: skip

    def clean(self, value: Any) -> bytes:  # type: ignore[override]
        body: bytes = super().clean(str(value or "").replace("\r\n", "\n")).encode()
        if len(body) > settings.BODY_LIMIT_BYTES:
            raise forms.ValidationError(f"The body is larger than {settings.BODY_LIMIT_BYTES} bytes.")
        return body


class ReadForm(forms.Form):
    """A message, and what it should be."""

    kind = forms.ChoiceField(label="Message", widget=forms.Select(attrs=FIELD))
    body = BodyField(label="Body, as JSON")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [("Beckn 1.1.0", [(f"{BECKN} {action}", action) for action in BECKN_TYPES])]
        groups += [
            (f"OCPI {number}", [(f"{number} {kind}", kind) for kind in OCPI_TYPES[number]])
            for number in VERSION_NUMBERS
        ]
        self.fields["kind"].choices = groups  # type: ignore[attr-defined]


class SignForm(forms.Form):
    """A Beckn message to be signed."""

    body = BodyField(label="Body, exactly as it will be sent")
    subscriber_id = forms.RegexField(
        _ID, label="Subscriber id", required=False, widget=forms.TextInput(attrs=FIELD),
        help_text="Empty: bap_id of a request, bpp_id of a callback.",
    )
    unique_key_id = forms.RegexField(
        _ID, label="Key id", initial="key-1", widget=forms.TextInput(attrs=FIELD),
    )
    url = forms.URLField(
        label="Send to", required=False, max_length=URL_LIMIT, assume_scheme="https",
        widget=forms.TextInput(attrs=FIELD), help_text="Empty: our address for a request, bap_uri for a callback.",
    )
    private_key = forms.CharField(
        label="Private key", required=False, max_length=KEY_LIMIT,
        widget=forms.PasswordInput(attrs=FIELD | {"autocomplete": "new-password"}),
        help_text="Base64 of 32 or 64 bytes, of a test key. It is used for this answer, not kept and not shown. "
                  "Empty: a pair is made and forgotten.",
    )  # fmt: skip


class VerifyForm(forms.Form):
    """A signed Beckn message."""

    authorization = forms.CharField(
        label="Authorization header", max_length=HEADER_LIMIT + 20, widget=forms.Textarea(attrs=FIELD | {"rows": 5}),
    )
    body = BodyField(label="Body, exactly as it was sent")
    public_key = forms.CharField(
        label="Public key", required=False, max_length=KEY_LIMIT, widget=forms.Textarea(attrs=FIELD | {"rows": 2}),
        help_text="Base64, DER or PEM. Empty: the key of keyId is looked up, as our doors do.",
    )
    digest = forms.CharField(
        label="Digest that the sender worked out", required=False, max_length=200,
        widget=forms.TextInput(attrs=FIELD), help_text="If it is known: base64 of BLAKE2b-512.",
    )  # fmt: skip

    def clean_authorization(self) -> str:
        """The value, also where the name of the header was pasted with it."""
        given: str = self.cleaned_data["authorization"]
        name, _, value = given.partition(":")
        return value.strip() if name.strip().lower() == "authorization" else given


class FeedForm(forms.Form):
    """Whose callbacks to watch."""

    subscriber = forms.ChoiceField(label="App", widget=forms.Select(attrs=FIELD))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subscriber"].choices = [(name, name) for name in feed.participants()]  # type: ignore[attr-defined]


class ReplayForm(forms.Form):
    """Where to send a stored message."""

    base_url = forms.CharField(
        label="Base URL", max_length=URL_LIMIT, widget=forms.TextInput(attrs=FIELD | {"inputmode": "url"}),
        help_text="The action is appended, as to bap_uri.",
    )
