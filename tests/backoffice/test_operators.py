"""Scorecards, findings, links and the map's data: exact figures, permissions, and nothing secret."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from emsp.backoffice.models import ScorecardLink
from emsp.backoffice.operators import links
from emsp.backoffice.operators.findings import Finding, findings
from emsp.backoffice.operators.scorecard import Figure, scorecard
from emsp.backoffice.operators.site_search import Wish, sites_in
from ocpi.models import Cdr, Command, Connector, Session
from sessions.models import CdrAudit
from tests.factories.catalog import (
    ConnectorFactory,
    EvseFactory,
    LocationFactory,
    OfferFactory,
    PartyFactory,
    refreshed,
    station,
)
from tests.factories.price_book import staff

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)


def ago(**given):
    return NOW - timedelta(**given)


@pytest.fixture
def office(client):
    client.force_login(staff())
    return client


def cdr(party, name, *, delay_s, verdict):
    row = Cdr.objects.create(
        party=party, ocpi_id=name, key=name, start_at=ago(hours=3), end_at=ago(hours=2), currency="INR",
        total_energy_kwh=5, total_cost_excl_vat=90, raw={}, body_hash=name,
        received_at=ago(hours=2) + timedelta(seconds=delay_s),
    )  # fmt: skip
    CdrAudit.objects.create(cdr=row, start_at=row.start_at, verdict=verdict)


def test_a_scorecard_counts_exactly():
    party = PartyFactory()
    LocationFactory(party=party, seen_at=ago(days=2))
    here = LocationFactory(party=party, seen_at=ago(hours=1))
    for status in ("AVAILABLE", "UNKNOWN", "CHARGING", "REMOVED"):
        EvseFactory(location=here, status=status)
    for number, lag_s in enumerate((10, 20, 90)):
        Session.objects.create(
            party=party, ocpi_id=f"S{number}", key=f"s{number}", status="COMPLETED", start_at=ago(hours=3),
            last_updated=ago(hours=1), received_at=ago(hours=1) + timedelta(seconds=lag_s),
        )  # fmt: skip
    for state, seconds in (("SUCCEEDED", 2), ("SUCCEEDED", 4), ("FAILED", 6), ("SENT", 500)):
        Command.objects.create(
            party=party, kind="STOP_SESSION", state=state, due_at=NOW, sent_at=ago(hours=1),
            finished_at=ago(hours=1) + timedelta(seconds=seconds),
        )  # fmt: skip
    cdr(party, "a", delay_s=60, verdict="ACCEPT")
    cdr(party, "b", delay_s=120, verdict="ACCEPT")
    cdr(party, "c", delay_s=3600, verdict="CONTEST")
    cdr(PartyFactory(), "d", delay_s=9, verdict="HOLD")

    assert scorecard(party, NOW) == [
        Figure("Freshness of sites", "50 %", "share of the sites that we read or were told of within a day; 2 sites"),
        Figure("Status known", "66.6 %", "share of the 3 charge points whose status is told"),
        Figure("Push lag", "20 s", "from last_updated of a session to its arrival here, median of 3"),
        Figure("Commands that worked", "66.6 %", "of 3 with a known end"),
        Figure("Time to the result", "4 s", "median; 95 % within 6 s"),
        Figure("CDR delay", "2 min", "from the end of a charge to its CDR, median of 3; 95 % within 54 min 12 s"),
        Figure("CDRs correct", "66.6 %", "of 3 CDRs without a finding; 1 contested, 0 on hold"),
    ]


def test_an_operator_without_news_has_no_figures():
    assert {figure.value for figure in scorecard(PartyFactory(), NOW)} == {"no data yet"}


def test_findings_name_what_is_suspicious_the_gravest_first():
    party = PartyFactory()
    LocationFactory(party=party, ocpi_id="BARE")
    nowhere = LocationFactory(party=party, ocpi_id="NOWHERE", latitude=0, longitude=0)
    evse = EvseFactory(location=nowhere, uid="E-1", status="CHARGING", last_updated=ago(days=3))
    row = ConnectorFactory(evse=evse, tariff_ids=["LOST"])
    refreshed(row)

    assert [(row.severity, row.text, row.count, row.examples) for row in findings(party.connection)] == [
        ("error", "Sites without coordinates", 1, ("NOWHERE",)),
        ("error", "Tariffs that connectors name and that we were never told", 1, ("LOST (1 connectors)",)),
        ("warning", "Charge points that are charging, reserved or blocked for more than a day: stale statuses", 1,
         ("E-1",)),
        ("warning", "Sites without a connector: nothing is offered there", 1, ("BARE",)),
    ]  # fmt: skip
    assert findings(PartyFactory().connection) == []


def test_a_connector_without_a_price_is_found():
    offer = OfferFactory(cost_price=None)
    found = Finding("warning", "Connectors without a price per kWh", 1, (f"{offer.location_ocpi_id} Bay 1",))
    assert findings(offer.party.connection) == [found]


@pytest.mark.parametrize("power_w", [None, 0])
def test_a_connector_without_power_is_found(power_w):
    offer = OfferFactory(power_w=power_w, cost_price=18)
    text = "Connectors without power: quotes assume the usual one"
    found = Finding("warning", text, 1, (f"{offer.location_ocpi_id} Bay 1",))
    assert findings(offer.party.connection) == [found]
    type(offer).objects.update(listed=False)
    assert findings(offer.party.connection) == []


def test_findings_of_the_linter_are_told_once_for_all_tariffs():
    row = station(tariff={"ocpi_id": "T-9", "content": {"currency": "EUR"}})
    assert Finding("warning", "Tariffs: EUR is not the currency of IN, which is INR.", 1, ("T-9",)) in findings(
        row.evse.location.party.connection
    )


def test_a_link_opens_one_scorecard_and_ends(client):
    party = PartyFactory()
    token = links.share(party, days=7, by=staff())
    answer = client.get(reverse("scorecard", args=[token]))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert f"Scorecard of {party.name}" in answer.content.decode()
    assert client.post(reverse("scorecard", args=[token])).status_code == 405

    link = ScorecardLink.objects.get()
    assert link.expires_at - link.created_at > timedelta(days=6, hours=23)
    wrong = [token + "x", signing.dumps(link.pk, salt="another"), str(link.pk), signing.dumps("x", salt=links.SALT)]
    for each in wrong[:3]:
        assert client.get(reverse("scorecard", args=[each])).status_code == 404
    ScorecardLink.objects.update(expires_at=ago(seconds=1))
    assert client.get(reverse("scorecard", args=[token])).status_code == 404
    ScorecardLink.objects.update(expires_at=NOW + timedelta(days=1))
    links.revoke(link)
    assert client.get(reverse("scorecard", args=[token])).status_code == 404


def test_the_map_gives_each_site_with_its_state_and_filters():
    party = PartyFactory(name="Company")
    place = LocationFactory(party=party, name="Mixed", city="Delhi", latitude=Decimal("28.5"), longitude=Decimal("77.2"))
    for status in ("AVAILABLE", "CHARGING"):
        OfferFactory(connector=ConnectorFactory(evse=EvseFactory(location=place, status=status)))
    broken = LocationFactory(name="Broken", latitude=Decimal("12.9"), longitude=Decimal("77.5"))
    OfferFactory(connector=ConnectorFactory(evse=EvseFactory(location=broken, status="OUTOFORDER")))

    window = {"south": 28.0, "north": 29.0, "west": 77.0, "east": 78.0}
    assert sites_in(Wish(**window)) == {"total": 1, "more": 0, "squares": [], "sites": [{
        "pk": place.pk, "name": "Mixed", "city": "Delhi", "operator": "Company", "latitude": 28.5, "longitude": 77.2,
        "free": 1, "all": 2, "power_kw": "30", "state": "free",
    }]}  # fmt: skip
    assert [site["state"] for site in sites_in(Wish(status="OUTOFORDER"))["sites"]] == ["broken"]
    assert [site["state"] for site in sites_in(Wish(status="CHARGING"))["sites"]] == ["busy"]
    assert [site["name"] for site in sites_in(Wish(party=party.pk))["sites"]] == ["Mixed"]
    assert sites_in(Wish(min_power_w=30_001))["total"] == 0


def test_many_sites_are_counted_by_squares(monkeypatch):
    monkeypatch.setattr("emsp.backoffice.operators.site_search.MOST_SITES", 2)
    for longitude in ("77.10", "77.11", "77.90"):
        place = LocationFactory(latitude=Decimal("28.5"), longitude=Decimal(longitude))
        OfferFactory(connector=ConnectorFactory(evse=EvseFactory(location=place)))
    found = sites_in(Wish(south=28, north=29, west=77, east=78))
    assert (found["total"], found["more"], found["sites"]) == (3, 3, [])
    assert sorted((square["count"], square["free"]) for square in found["squares"]) == [(1, 1), (2, 2)]


def test_the_map_bears_any_question(office):
    answer = office.get(reverse("operators:map-data"), {"south": "nan", "west": "x", "party": "²", "power": "9" * 30,
                                                        "status": "'; --"})  # fmt: skip
    assert (answer.status_code, answer.json()["total"]) == (200, 0)


def test_a_site_page_tells_tariffs_in_words_and_the_rule(office):
    row = station()
    refreshed(row)
    Connector.objects.filter(pk=row.pk).update(tariff_ids=[*row.tariff_ids, "LOST"])
    text = office.get(reverse("operators:site", args=[row.evse.location_id])).content.decode()
    assert "₹18.00/kWh" in text and "LOST: never told to us" in text
    assert "No price book is in force." in text and "the operator&#x27;s price is passed through" in text


@pytest.mark.parametrize(("name", "permission"), [
    ("operators:map", "view_location"), ("operators:map-data", "view_location"),
    ("operators:site", "view_location"), ("operators:operator", "view_connection"),
    ("admin:ocpi_connection_sync", "view_connection"), ("admin:ocpi_connection_progress", "view_connection"),
    ("admin:ocpi_connection_register", "change_connection"), ("admin:ocpi_connection_rotate", "change_connection"),
    ("admin:ocpi_connection_unregister", "change_connection"), ("admin:ocpi_connection_invite", "change_connection"),
])  # fmt: skip
def test_each_page_needs_its_permission(client, name, permission):
    row = station()
    party = row.evse.location.party
    key = {"operators:site": row.evse.location_id}.get(name, party.connection_id)
    url = reverse(name, args=[] if name.endswith(("map", "map-data", "_register", "invite")) else [key])
    assert client.get(url).status_code == 302
    person = User.objects.create(username="few-rights", is_staff=True)
    client.force_login(person)
    assert client.get(url).status_code == 403
    person.user_permissions.add(Permission.objects.get(codename=permission, content_type__app_label="ocpi"))
    assert client.get(url).status_code == 200


def test_sharing_and_revoking_need_the_right_to_change_and_a_post(client, office):
    party = PartyFactory()
    url = reverse("operators:share", args=[party.pk])
    assert office.get(url).status_code == 405
    assert office.post(url, {"days": "1000"}).status_code == 302 and not ScorecardLink.objects.exists()
    office.post(url, {"days": "30"})
    link = ScorecardLink.objects.get()
    assert (link.party, link.created_by_name) == (party, "ana")
    client.force_login(User.objects.create(username="few-rights", is_staff=True))
    assert client.post(url, {"days": "30"}).status_code == 403
    assert client.post(reverse("operators:revoke", args=[link.pk])).status_code == 403


def test_the_trail_tells_who_made_and_who_ended_a_link(office):
    party = PartyFactory()
    office.post(reverse("operators:share", args=[party.pk]), {"days": "30"})
    office.post(reverse("operators:revoke", args=[ScorecardLink.objects.get().pk]))

    trail = LogEntry.objects.order_by("pk").values_list("user__username", "object_id", "change_message")
    assert list(trail) == [
        ("ana", str(party.pk), "Made a link to the scorecard for 30 days."),
        ("ana", str(party.pk), "Revoked a link to the scorecard."),
    ]
