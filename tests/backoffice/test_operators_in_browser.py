"""The operators' pages in a real browser: wizard, progress, quarantine, scorecard link, map."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from emsp.core.models import Circuit
from ocpi.models import Connection, Location, ParkedObject, SyncState
from tests.backoffice.operator_page import page  # noqa: F401 (fixture)
from tests.chromium import fits
from tests.factories.catalog import EvseFactory, LocationFactory, PartyFactory, refreshed, station
from tests.ocpi.cpo import location, make_party
from tests.ocpi.simulator.stage import TOKEN_A, Box, Emsp, ManualClock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def simulated_cpo():
    emsp = Emsp()
    box = Box(ManualClock(), emsp)
    yield box
    box.close()
    emsp.close()


def test_the_wizard_shows_each_step_of_a_real_handshake(page, simulated_cpo, settings, live_server, monkeypatch):  # noqa: F811
    settings.OCPI_EMSP_URL = f"{live_server.url}/ocpi/emsp"
    monkeypatch.setattr("ocpi.services.wanted.wake", lambda task, *args: None)
    page.goto(f"{page.root}{reverse('admin:ocpi_connection_register')}")
    page.get_by_label("Name").fill("Box")
    page.get_by_label("Versions url").fill(f"{simulated_cpo.base}/ocpi/cpo/versions")
    page.get_by_label("Token A").fill("not-its-token")
    page.get_by_role("button", name="Start the handshake").click()
    page.get_by_text("ask the CPO for a new token A").wait_for()
    assert fits(page)

    page.get_by_label("Token A").fill(TOKEN_A)
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("Box is registered.").wait_for()
    assert [" ".join(text.split()) for text in page.locator(".op-step h3").all_inner_texts()] == [
        "Check what was given worked", "Read its versions worked", "Choose a version worked",
        "Read its version details worked", "Their call back worked", "Exchange tokens worked", "Store worked",
    ]  # fmt: skip
    assert '"token": "***"' in page.locator(".op-step", has_text="Exchange tokens").locator("pre").first.text_content()
    assert TOKEN_A not in page.content() and fits(page)

    connection = Connection.objects.get()
    before = connection.outgoing_token
    page.goto(f"{page.root}{reverse('admin:ocpi_connection_rotate', args=[connection.pk])}")
    page.get_by_role("button", name="Change both tokens").click()
    page.locator(".op-step", has_text="Exchange tokens").wait_for()
    connection.refresh_from_db()
    assert connection.outgoing_token != before and connection.outgoing_token not in page.content() and fits(page)


def test_progress_moves_without_a_reload(page):  # noqa: F811
    party = make_party("CPO")
    state = SyncState.objects.create(
        connection=party.connection, module="locations", running_until=timezone.now() + timedelta(minutes=5),
        run_objects=0, run_total=400,
    )  # fmt: skip
    page.goto(f"{page.root}{reverse('admin:ocpi_connection_sync', args=[party.connection_id])}")
    card = page.locator("[data-module=locations]")
    card.get_by_text("0 of 400 read").wait_for()
    height = card.bounding_box()["height"]
    SyncState.objects.filter(pk=state.pk).update(run_objects=100)
    card.get_by_text("100 of 400 read").wait_for()
    assert card.locator("progress").evaluate("bar => bar.value") == 25
    assert card.bounding_box()["height"] == height and fits(page)


def test_a_pull_is_asked_for_with_a_button(page, monkeypatch):  # noqa: F811
    asked = []
    monkeypatch.setattr("ocpi.services.pulls.wake", lambda task, *args: asked.append((task.name, *args)))
    party = make_party("CPO")
    page.goto(f"{page.root}{reverse('admin:ocpi_connection_sync', args=[party.connection_id])}")
    page.get_by_role("button", name="Pull changes now").click()
    page.get_by_text("What changed will be read now.").wait_for()
    assert asked == [("ocpi.tasks.pull_connection", party.connection_id)]


def test_a_circuit_is_closed_in_the_browser(page):  # noqa: F811
    row, at = make_party("CPO").connection, timezone.now()
    Circuit.objects.create(
        kind=row.partner.kind, partner=row.partner.key, name=row.partner.name, failures=6, opened_at=at,
        probe_at=at, pause_s=4, last_failure_at=at, last_failure="no answer in time",
    )  # fmt: skip
    page.goto(f"{page.root}{reverse('admin:ocpi_connection_change', args=[row.pk])}")
    page.get_by_text("Left alone since").wait_for()
    page.goto(page.get_by_role("link", name="Close the circuit", include_hidden=True).first.evaluate("link => link.href"))
    page.get_by_role("button", name="Close it").click()
    page.get_by_text("Called as usual. Last failure").wait_for()
    assert Circuit.objects.get().opened_at is None and fits(page)


def test_a_wrong_setting_is_told_at_its_field(page):  # noqa: F811
    row = make_party("CPO").connection
    page.goto(f"{page.root}{reverse('admin:ocpi_connection_change', args=[row.pk])}")
    page.locator("#id_max_range_days").fill("0")
    page.locator("#id_max_range_days").evaluate("field => field.form.noValidate = true")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".field-max_range_days", has_text="Ensure this value is greater than or equal to 1.").wait_for()
    assert fits(page)


def test_a_parked_object_is_mended_in_the_browser(page):  # noqa: F811
    party = make_party("CPO")
    broken = location("L1") | {"coordinates": {"latitude": "north", "longitude": "77.5"}}
    parked = ParkedObject.objects.create(
        connection=party.connection, module="locations", ocpi_id="L1", reason="coordinates.latitude: wrong",
        raw=broken, last_seen_at=timezone.now(),
    )  # fmt: skip
    page.goto(f"{page.root}{reverse('admin:ocpi_parkedobject_mend', args=[parked.pk])}")
    field = page.get_by_label("The object, as JSON")
    page.get_by_role("button", name="Store it").click()
    page.get_by_text("Refused again").wait_for()
    assert fits(page)
    field.fill(field.input_value().replace('"north"', '"12.5"'))
    page.get_by_role("button", name="Store it").click()
    page.get_by_text("has left the quarantine").wait_for()
    assert Location.objects.get().latitude == Decimal("12.5")


def test_a_scorecard_link_opens_without_login_until_it_is_revoked(page, chromium, settings):  # noqa: F811
    settings.BASE_URL = page.root
    party = make_party("CPO")
    page.goto(f"{page.root}{reverse('operators:operator', args=[party.connection_id])}")
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_label("Link", exact=True).input_value()
    assert fits(page)
    stranger = chromium.new_context(viewport=page.viewport_size).new_page()
    assert stranger.goto(address).status == 200
    assert stranger.get_by_role("heading", level=1).inner_text() == "Scorecard of CPO"
    assert stranger.evaluate("getComputedStyle(document.querySelector('li')).borderRadius") == "8px"
    assert fits(stranger)

    page.get_by_role("button", name="Revoke").click()
    page.get_by_text("The link is revoked").wait_for()
    assert stranger.goto(address).status == 404
    stranger.context.close()


def test_the_map_leads_to_a_site_with_the_keyboard(page, settings):  # noqa: F811
    settings.MAP_TILE_URL = ""
    party = PartyFactory()
    for name, latitude, status in (("North", "28.7", "AVAILABLE"), ("South", "28.5", "OUTOFORDER")):
        place = LocationFactory(party=party, name=name, latitude=Decimal(latitude))
        refreshed(station(location=place, evse=EvseFactory(location=place, status=status)))
    page.goto(f"{page.root}{reverse('operators:map')}")
    page.get_by_text("2 sites in this window.").wait_for()
    page.get_by_title("North, 1 of 1 free").wait_for(state="attached")
    assert sorted(page.locator(".op-pin-place").evaluate_all("pins => pins.map(pin => pin.title)")) == [
        "North, 1 of 1 free", "South, none usable",
    ]  # fmt: skip
    assert fits(page)
    page.get_by_label("Status").select_option("OUTOFORDER")
    page.get_by_text("1 site in this window.").wait_for()
    page.get_by_role("link", name="South").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="South").first.wait_for()
    page.get_by_text("₹18.00/kWh").first.wait_for()
    page.get_by_text("Why", exact=True).click()
    page.get_by_text("No price book is in force.").wait_for()
    assert fits(page)


def test_the_change_page_of_a_connection_fits(page):  # noqa: F811
    party = make_party("CPO")
    for module in ("locations", "tariffs"):
        SyncState.objects.create(connection=party.connection, module=module, error="HTTP 500 " + "x" * 80)
    page.goto(f"{page.root}{reverse('admin:ocpi_connection_change', args=[party.connection_id])}")
    assert fits(page)
