"""What drivers type in, checked and put in order."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from beckn.bap.messages import Contact
from beckn.bap.places import BY_KEY, PLACES, Place, Point, nearest
from beckn.bap.templatetags.bap_format import quantity

RADII_KM = (2, 5, 10, 20, 50)
CONNECTORS = ("CCS2", "CHAdeMO", "Type 2", "GB/T DC", "GB/T AC")
POWERS_KW = (7, 22, 50, 100, 150)
PRICES = (15, 18, 20, 25)  # rupees per kWh, tax included
ENERGY_KWH = ("5", "8", "12", "20")
BATTERY_SHARES = (25, 50, 60, 80)  # per cent; 60 takes a car from 20 to 80
USUAL_SHARE = 60
MIN_KWH, MAX_KWH = Decimal("0.5"), Decimal("200")


def _connectors() -> list[tuple[str, Any]]:
    return [("", _("Any connector")), *((name, name) for name in CONNECTORS)]


def _powers() -> list[tuple[str, str]]:
    return [("", gettext("Any power")), *((str(kw), gettext("%(kw)s kW or more") % {"kw": kw}) for kw in POWERS_KW)]


def _prices() -> list[tuple[str, str]]:
    told = [(str(price), gettext("₹%(price)s or less") % {"price": price}) for price in PRICES]
    return [("", gettext("Any price")), *told]


class SearchForm(forms.Form):
    """Where to look: a named place, or coordinates, which win when both are given; and what for."""

    place = forms.ChoiceField(label=_("Place"), required=False)
    latitude = forms.DecimalField(
        label=_("Latitude"), required=False, min_value=-90, max_value=90, max_digits=9, decimal_places=6
    )
    longitude = forms.DecimalField(
        label=_("Longitude"), required=False, min_value=-180, max_value=180, max_digits=9, decimal_places=6
    )
    radius_km = forms.TypedChoiceField(
        label=_("Within"), coerce=Decimal, choices=[(str(km), f"{km} km") for km in RADII_KM], initial="10"
    )
    connector = forms.ChoiceField(label=_("Connector"), required=False, choices=_connectors)
    min_power_kw = forms.TypedChoiceField(
        label=_("Power"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=_powers,
    )
    max_price = forms.TypedChoiceField(
        label=_("Price per kWh"),
        required=False,
        coerce=Decimal,
        empty_value=None,
        choices=_prices,
    )
    free_only = forms.BooleanField(label=_("Free now"), required=False)
    green_only = forms.BooleanField(label=_("Green energy"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_city: dict[str, list[tuple[str, str]]] = {}
        for place in PLACES:
            by_city.setdefault(place.city, []).append((place.key, place.name))
        self.fields["place"].choices = list(by_city.items())  # type: ignore[attr-defined]
        for name in ("latitude", "longitude"):
            self.fields[name].widget.attrs.update(
                {"step": "any", "inputmode": "decimal", "autocomplete": "off"}
            )

    def clean(self) -> dict[str, Any]:
        """Adds `point`, `label` and `city_code`."""
        told = super().clean() or {}
        latitude, longitude = told.get("latitude"), told.get("longitude")
        place: Place | None = BY_KEY.get(told.get("place") or "")
        if latitude is not None and longitude is not None:
            point = Point(latitude, longitude)
            label = _("%(latitude)s, %(longitude)s") % {"latitude": latitude, "longitude": longitude}
            return told | {"point": point, "label": label, "city_code": nearest(point).city_code}
        if (latitude is None) != (longitude is None):
            raise forms.ValidationError(_("Give both latitude and longitude, or choose a place."))
        if place is None:
            raise forms.ValidationError(_("Choose a place, or give latitude and longitude."))
        label = f"{place.name}, {place.city}"
        return told | {"point": place.point, "label": label, "city_code": place.city_code}


class VehicleForm(forms.Form):
    """The driver's car, as far as it matters here."""

    connector = forms.ChoiceField(label=_("Connector"), required=False, choices=_connectors)
    battery_kwh = forms.DecimalField(
        label=_("Battery, kWh"),
        required=False,
        min_value=1,
        max_value=300,
        max_digits=4,
        decimal_places=1,
        widget=forms.NumberInput({"step": "any", "inputmode": "decimal", "autocomplete": "off"}),
    )


def energy_choices(battery_kwh: Decimal | None) -> tuple[list[str], str]:
    """Quick amounts in kWh, and the one that is proposed: shares of the battery where it is known."""
    if not battery_kwh:
        return list(ENERGY_KWH), ENERGY_KWH[1]
    by_share = {share: str(max(1, round(battery_kwh * share / 100))) for share in BATTERY_SHARES}
    return list(dict.fromkeys(by_share.values())), by_share[USUAL_SHARE]


class EnergyForm(forms.Form):
    """How much energy: one of the quick choices, or a figure, which wins when both are given."""

    quick = forms.ChoiceField(label=_("Energy"), required=False, widget=forms.RadioSelect)
    other = forms.DecimalField(
        label=_("Another amount, kWh"),
        widget=forms.NumberInput({"placeholder": _("Another amount"), "step": "any", "inputmode": "decimal"}),
        required=False,
        min_value=MIN_KWH,
        max_value=MAX_KWH,
        max_digits=5,
        decimal_places=2,
    )

    def __init__(self, *args: Any, battery_kwh: Decimal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amounts, usual = energy_choices(battery_kwh)
        self.fields["quick"].choices = [(kwh, quantity(kwh, "kWh")) for kwh in amounts]  # type: ignore[attr-defined]
        self.initial.setdefault("quick", usual)

    def clean(self) -> dict[str, Any]:
        """Adds `energy_kwh`."""
        told = super().clean() or {}
        if "other" in self.errors:
            return told
        chosen = told.get("other") or told.get("quick")
        if not chosen:
            raise forms.ValidationError(_("Choose how much energy you want."))
        return told | {"energy_kwh": Decimal(chosen)}


class OfferForm(EnergyForm):
    """Which connector of a station, and how much energy."""

    item = forms.CharField(max_length=255, error_messages={"required": _("Choose a connector.")})


class ContactForm(forms.Form):
    """Whom the provider may reach about the booking."""

    name = forms.CharField(
        label=_("Your name"), max_length=100, widget=forms.TextInput({"autocomplete": "name"})
    )
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    email = forms.EmailField(
        label=_("Email for the receipt"), widget=forms.EmailInput({"autocomplete": "email"})
    )

    def clean_phone(self) -> str:
        """In international form; ten digits alone are an Indian number."""
        digits = re.sub(r"[\s().-]", "", self.cleaned_data["phone"])
        if re.fullmatch(r"[1-9]\d{9}", digits):
            return f"+91{digits}"
        if re.fullmatch(r"0[1-9]\d{9}", digits):
            return f"+91{digits[1:]}"
        if re.fullmatch(r"\+[1-9]\d{7,14}", digits):
            return digits
        raise forms.ValidationError(_("Enter 10 digits, or + with the country code."))

    @property
    def contact(self) -> Contact:
        """What was entered, once it is valid."""
        told = self.cleaned_data
        return Contact(name=told["name"], phone=told["phone"], email=told["email"])


class RatingForm(forms.Form):
    """One to five stars."""

    value = forms.TypedChoiceField(
        coerce=int,
        choices=[(str(stars), str(stars)) for stars in range(1, 6)],
        error_messages={"required": _("Choose one to five stars.")},
    )


class CancelForm(forms.Form):
    """One of the provider's own reasons."""

    reason = forms.CharField(max_length=100, error_messages={"required": _("Choose a reason.")})
