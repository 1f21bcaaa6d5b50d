"""Words, amounts and forms, as the driver meets them."""

from decimal import Decimal

import pytest

from beckn.bap import words
from beckn.bap.forms import ContactForm, EnergyForm, SearchForm
from beckn.bap.standing import Standing
from beckn.bap.templatetags.bap_format import distance, fee_words, money, quantity, share
from beckn.bap.words import Step


@pytest.mark.parametrize(("code", "message", "title", "step"), [
    ("40002", "EVSE_UNAVAILABLE: busy", "This charger is not available right now", Step.SEARCH),
    ("40002", "sold out", "This charger is not available right now", Step.SEARCH),
    ("40000", "CPO_UNAVAILABLE: no answer", "The charger's operator does not answer", Step.RETRY),
    ("40000", "START_REJECTED: cable", "Charging could not be started", Step.RETRY),
    ("40003", "QUOTE_EXPIRED: too late", "The price is no longer valid", Step.QUOTE),
    ("40001", "ACTION_NOT_SUPPORTED", "This station cannot do that", Step.SUPPORT),
    ("30004", "item not found", "This offer no longer exists", Step.SEARCH),
    ("30006", "", "This offer no longer exists", Step.SEARCH),
    ("30011", "", "The provider does not take this reason", Step.WAIT),
    ("30013", "", "That is not possible at this moment", Step.WAIT),
    ("30015", "", "The provider could not take your rating", Step.WAIT),
    ("40006", "", "This charger is not available right now", Step.SEARCH),
    ("50000", "", "The operator turned the request down", Step.SEARCH),
    ("50001", "ended", "It is too late to cancel", Step.WAIT),
    ("30000", "something: else", "The provider could not do this", Step.RETRY),
])
def test_every_refusal_has_words_and_a_next_step(code, message, title, step):
    advice = words.advice(code, message)
    assert (str(advice.title), advice.step) == (title, step)
    assert str(advice.text)


def test_every_code_of_the_catalogue_has_words_of_its_own():
    catalogue = [*range(30001, 30016), *range(40001, 40007), *range(50000, 50005)]
    assert [code for code in catalogue if words.advice(str(code), "") == words.advice("40000", "")] == []


def test_the_symbol_says_more_than_the_code():
    assert words.advice("40000", "START_REJECTED: x") != words.advice("40000", "x")


def test_the_provider_s_sentence_is_shown_without_its_symbol():
    assert words.detail("EVSE_UNAVAILABLE: Selected EVSE is occupied") == "Selected EVSE is occupied"
    assert words.detail("Note: as it stands") == "Note: as it stands"
    assert words.detail("EVSE_UNAVAILABLE") == "EVSE_UNAVAILABLE"


def test_codes_become_words_and_unknown_ones_stay():
    assert str(words.line_title("energy-cost")) == "Energy"
    assert words.line_title("Night surcharge") == "Night surcharge"
    assert str(words.charger_status("In Use")) == "In use" and words.charger_status("Sleeping") == "Sleeping"
    assert [words.charger_tone(one) for one in ("Available", "In Use", "Out of Order", "Unknown")] == [
        "good", "busy", "bad", "quiet",
    ]
    assert str(words.state_text("SUSPENDED_EV")) == "Paused by the car"
    assert words.state_text("WARMING_UP") == "Warming up"


@pytest.mark.parametrize(("hours", "text"), [
    ("24/7", "Open day and night"),
    ("Mo-Su 09:00-23:00", "Open every day 09:00–23:00"),
    ("by appointment", "Open by appointment"),
])
def test_opening_hours(hours, text):
    assert str(words.hours_text(hours)) == text


@pytest.mark.parametrize(("amount", "currency", "text"), [
    (Decimal("154"), "INR", "₹154.00"),
    (Decimal("1234567.5"), "INR", "₹12,34,567.50"),
    (Decimal("1234567.5"), "EUR", "€1,234,567.50"),
    (Decimal("-70"), "INR", "−₹70.00"),
    (Decimal("0.005"), "INR", "₹0.01"),
    (Decimal("5"), "NPR", "NPR\u00a05.00"),
    (None, "INR", "–"),
])
def test_money(amount, currency, text):
    assert money(amount, currency) == text


def test_quantities_stay_on_one_line_with_their_unit():
    assert quantity(Decimal("8.500"), "kWh") == "8.5\u00a0kWh"
    assert quantity(Decimal("20"), "kWh") == "20\u00a0kWh" and quantity("30", "kW") == "30\u00a0kW"
    assert quantity(Decimal("8.500")) == "8.5"
    assert quantity(None, "kW") == "–"
    assert [distance(0.104), distance(0.996), distance(11.84)] == ["100\u00a0m", "1.0\u00a0km", "11.8\u00a0km"]
    assert [share(Decimal("3.2"), Decimal("8")), share(Decimal(9), Decimal(8)), share(None, None)] == [40, 100, 0]


@pytest.mark.parametrize(("stands", "text"), [
    (Standing(fee_percent=Decimal(30), fee_from_state="ACTIVE"),
     "Free until charging starts, then 30\u00a0% of the total."),
    (Standing(fee_amount=Decimal(25), currency="INR"), "₹25.00."),
    (Standing(), "The provider asks no fee."),
])
def test_what_cancelling_costs(stands, text):
    assert fee_words(stands) == text


@pytest.mark.parametrize(("told", "phone"), [
    ("98765 43210", "+919876543210"), ("09876543210", "+919876543210"), ("+44 20 7946 0958", "+442079460958"),
])
def test_phone_numbers_become_international(told, phone):
    form = ContactForm({"name": "A", "phone": told, "email": "a@example.com"})
    assert form.is_valid() and form.contact.phone == phone


@pytest.mark.parametrize("told", ["12345", "call me", "+0123456789", ""])
def test_what_is_no_phone_number(told):
    assert "phone" in ContactForm({"name": "A", "phone": told, "email": "a@example.com"}).errors


def test_energy_is_one_of_the_choices_or_a_figure_which_wins():
    assert EnergyForm({"quick": "12"}).is_valid()
    both = EnergyForm({"quick": "12", "other": "7.25"})
    assert both.is_valid() and both.cleaned_data["energy_kwh"] == Decimal("7.25")
    for told in ({}, {"other": "0.1"}, {"other": "201"}, {"quick": "6"}, {"other": "x"}):
        assert not EnergyForm(told).is_valid(), told


def test_a_place_or_coordinates():
    place = SearchForm({"place": "saket", "radius_km": "5"})
    assert place.is_valid() and place.cleaned_data["label"] == "Saket, Delhi"
    spot = SearchForm({"place": "saket", "latitude": "12.97", "longitude": "77.6", "radius_km": "5"})
    assert spot.is_valid() and spot.cleaned_data["city_code"] == "std:080"
    assert spot.cleaned_data["point"].gps == "12.970000,77.600000"


@pytest.mark.parametrize("told", [
    {}, {"latitude": "12"}, {"latitude": "91", "longitude": "0"}, {"place": "atlantis"}, {"latitude": "x"},
])
def test_a_search_needs_a_place(told):
    assert not SearchForm({"radius_km": "5"} | told).is_valid()
