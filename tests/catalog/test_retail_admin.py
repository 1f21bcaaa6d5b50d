"""The back office's price book: rules in drafts, sheets in and out, simulation, publication; tariffs with findings."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
import tablib
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from catalog.models import BookState, PriceBookVersion, PriceRule
from catalog.services import price_book, simulation
from catalog.services.rule_sheet import RuleSheet
from catalog.services.simulation import Charge, Outcome, simulate
from ocpi.models import TariffVersion
from tests.catalog.test_retail_rules import cost, energy, made, terms
from tests.factories.catalog import TariffFactory, component, elements, refreshed, station
from tests.factories.price_book import draft, published, staff

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def office(client):
    client.force_login(staff())
    return client


def page(office, name, *args, **query):
    answer = office.get(reverse(f"admin:{name}", args=args), query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def do(office, name, version):
    """Press a button of a version's page and confirm; gives the message that is shown then."""
    url = reverse(f"admin:catalog_pricebookversion_{name}", args=[version.pk])
    asked = office.get(url)
    assert (asked.status_code, asked.templates[0].name) == (200, "admin/confirm.html")
    answer = office.post(url, follow=True)
    version.refresh_from_db()
    return [str(message) for message in answer.context["messages"]]


RULE_FORM = {
    "name": "evening",
    "priority": "0",
    "kind": "MARKUP",
    "currency": "inr",
    "vat_percent": "18",
    "markup_percent": "10",
    "weekdays": [],
}


class TestPages:
    def test_all_pages_open(self, office):
        offer = refreshed(station())
        version = published({"kind": "MARKUP", "markup_percent": "10", "name": "ten more"})
        rule = version.rules.get()

        assert "version 1: draft" in page(office, "catalog_pricebookversion_changelist")
        assert "in force" in page(office, "catalog_pricebookversion_change", version.pk)
        told = page(office, "catalog_pricerule_changelist")
        assert "every sale" in told and "operator&#x27;s price + 10 %" in told
        page(office, "catalog_pricerule_change", rule.pk)
        page(office, "catalog_pricerule_add")
        page(office, "catalog_pricerule_import")
        page(office, "catalog_pricerule_export")
        page(office, "catalog_pricerule_history", rule.pk)
        page(office, "catalog_pricebookversion_history", version.pk)
        assert "No charge was billed" in page(office, "catalog_pricebookversion_simulation", version.pk)
        assert "19.8" in page(office, "catalog_offer_changelist")
        assert "“ten more” applies: it is for every sale." in page(office, "catalog_offer_change", offer.pk)

    def test_a_rule_is_made_in_a_draft_and_its_history_is_kept(self, office):
        version = draft()

        office.post(reverse("admin:catalog_pricerule_add"), RULE_FORM | {"version": version.pk})

        rule = PriceRule.objects.get()
        assert (rule.name, rule.markup_percent, rule.currency) == ("evening", D(10), "INR")
        assert rule.history.get().history_user == staff()

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"vat_percent": "0.18"}, "vat_percent"),
            ({"currency": "", "service_fee": "5"}, "currency"),
            ({"kind": "FLAT", "markup_percent": ""}, "energy_price"),
            ({"kind": "PASS_THROUGH"}, "kind"),
            ({"markup_percent": ""}, "kind"),
            ({"energy_price": "5"}, "kind"),
            ({"floor_per_kwh": "9", "cap_per_kwh": "8"}, "cap_per_kwh"),
            ({"min_power_w": "50000", "max_power_w": "50000"}, "max_power_w"),
        ],
    )
    def test_a_rule_that_cannot_be_meant_is_refused(self, office, values, field):
        form = RULE_FORM | {"version": draft().pk} | values

        answer = office.post(reverse("admin:catalog_pricerule_add"), form)

        assert list(answer.context["adminform"].form.errors) == [field]
        assert not PriceRule.objects.exists()

    def test_published_rules_cannot_be_edited(self, office):
        rule = published({"kind": "MARKUP", "markup_percent": "10"}).rules.get()

        answer = office.post(reverse("admin:catalog_pricerule_change", args=[rule.pk]), RULE_FORM)

        assert answer.status_code == 403
        office.post(
            reverse("admin:catalog_pricerule_changelist"),
            {"action": "delete_selected", "_selected_action": [rule.pk], "post": "yes"},
        )
        assert PriceRule.objects.get().markup_percent == D(10)


class TestPublication:
    def test_a_second_person_publishes(self, office, settings):
        settings.PRICE_BOOK_SECOND_PERSON = True
        version = draft()
        assert do(office, "publish", version) == [
            "This version is “draft”, and must be “waits for a second person” for that."
        ]
        assert do(office, "propose", version) == ["Proposed; somebody else can publish it now."]
        assert do(office, "publish", version) == [
            "Who proposed a price book cannot publish it: a second person is needed."
        ]
        assert version.state == BookState.PROPOSED

        office.force_login(staff("ben"))
        do(office, "publish", version)

        assert (version.state, version.published_by.username) == (BookState.PUBLISHING, "ben")

    def test_publishing_needs_its_own_permission(self, office):
        person = User.objects.create(username="carl", is_staff=True)
        for codename in ("change_pricebookversion", "view_pricebookversion"):
            person.user_permissions.add(Permission.objects.get(codename=codename))
        office.force_login(person)
        version = draft()

        answer = office.get(reverse("admin:catalog_pricebookversion_publish", args=[version.pk]))

        assert answer.status_code == 403
        version.refresh_from_db()
        assert version.state == BookState.DRAFT

    def test_a_link_alone_publishes_nothing(self, office):
        version = draft()

        office.get(reverse("admin:catalog_pricebookversion_publish", args=[version.pk]))

        version.refresh_from_db()
        assert version.state == BookState.DRAFT

    def test_a_proposed_version_is_taken_back(self, office):
        version = draft()
        do(office, "propose", version)

        assert do(office, "take_back", version) == ["A draft again."]
        assert version.state == BookState.DRAFT

    def test_progress_is_shown(self, office):
        for _ in range(2):
            refreshed(station())
        version = draft()
        price_book.publish(version, by=staff())
        assert "0 of 2" in page(office, "catalog_pricebookversion_change", version.pk)

        price_book.go_on_publishing()

        assert "2 of 2" in page(office, "catalog_pricebookversion_change", version.pk)

    def test_a_new_draft_begins_with_what_is_in_force(self, office):
        published({"name": "ten", "kind": "MARKUP", "markup_percent": "10"})

        address = reverse("admin:catalog_pricebookversion_draft_of_current")

        assert "No price changes by it." in office.get(address).content.decode()
        assert not PriceBookVersion.objects.filter(state=BookState.DRAFT).exists()
        office.post(address)

        version = PriceBookVersion.objects.get(state=BookState.DRAFT)
        assert (version.name, version.rules.get().name) == ("changes to version 1", "ten")


class TestSheets:
    def full(self):
        connector = station()
        location = connector.evse.location
        return {
            "name": "evening",
            "party": location.party,
            "location": location,
            "sold_through": "bap.example",
            "connector_standard": "CHADEMO",
            "min_power_w": 22000,
            "weekdays": ["MON", "TUE"],
            "start_time": "18:00",
            "end_time": "22:00",
            "effective_from": timezone.now().replace(microsecond=0),
            "kind": "MARKUP",
            "currency": "INR",
            "vat_percent": "18",
            "markup_percent": "12.5",
            "markup_per_kwh": "0.75",
            "cap_per_kwh": "30",
            "service_fee": "5",
            "priority": 3,
        }

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_what_goes_out_comes_in_the_same(self, form):
        first, second = draft(self.full(), {"name": "rest"}), draft({"name": "old"})
        raw = RuleSheet().export(PriceRule.objects.filter(version=first)).export(form)
        sheet = tablib.import_set(raw if form == "csv" else io.BytesIO(raw), format=form)

        result = RuleSheet().import_data(sheet, version=second, raise_errors=True)

        assert (result.has_errors(), result.has_validation_errors()) == (False, False)
        skipped = ("id", "version_id")
        rows = [
            [{k: v for k, v in rule.items() if k not in skipped} for rule in v.rules.order_by("pk").values()]
            for v in (first, second)
        ]
        assert rows[0] == rows[1] and len(rows[0]) == 2

    def test_a_wrong_row_leaves_the_draft_as_it_was(self):
        version = draft({"name": "old"})
        sheet = tablib.Dataset(["new", "XX-NONE", "0.18"], headers=["name", "party", "vat_percent"])

        result = RuleSheet().import_data(sheet, version=version)

        assert result.has_validation_errors()
        assert list(version.rules.values_list("name", flat=True)) == ["old"]

    def test_a_file_is_brought_in_through_the_page(self, office):
        version = draft({"name": "old"})
        given = SimpleUploadedFile("rules.csv", b"name,kind,markup_percent\r\nten more,MARKUP,10\r\n")
        url = reverse("admin:catalog_pricerule_import")

        answer = office.post(url, {"import_file": given, "format": "0", "resource": "", "version": version.pk})
        assert "ten more" in answer.content.decode()
        assert version.rules.get().name == "old"
        confirmed = answer.context["confirm_form"].initial
        office.post(reverse("admin:catalog_pricerule_process_import"), confirmed)

        assert list(version.rules.values_list("name", "markup_percent")) == [("ten more", D(10))]


class TestSimulation:
    def test_revenue_cost_and_margin_per_rule(self):
        offer = refreshed(station())
        at = timezone.now()
        charges = [
            Charge(offer, at, app, cost(energy("10", "11.80", excl="10"), kwh="10", excl="100.00"), D("118.00"))
            for app in ("a.example", "a.example", "b.example")
        ]
        ten = made(1, "ten more", terms=terms(kind="MARKUP", markup_percent="10"), sold_through="a.example")

        outcomes = simulate([ten], charges)

        assert outcomes == [
            Outcome("ten more", "INR", 2, D(20), D("259.60"), D("236.00"), D("220.00"), D("200.00")),
            Outcome("passed through", "INR", 1, D(10), D("118.00"), D("118.00"), D("100.00"), D("100.00")),
        ]
        assert (outcomes[0].margin, outcomes[0].margin_percent) == (D("20.00"), D("9.1"))
        assert outcomes[1].margin_percent == D("0.0")

    def test_the_page_shows_them_with_a_chart(self, office, monkeypatch):
        offer = refreshed(station())
        version = draft({"name": "ten more", "kind": "MARKUP", "markup_percent": "10"})
        charge = Charge(offer, timezone.now(), "a.example", cost(energy("5", "18")), D("90.00"))
        asked = []
        monkeypatch.setattr(
            simulation, "_sources", [lambda since, until, most: asked.append((until - since, most)) or [charge]]
        )

        told = page(office, "catalog_pricebookversion_simulation", version.pk)

        assert asked == [(timedelta(days=30), 2000)]
        for figure in ("ten more", "99.00 INR", "90.00 INR", "9.00", "9.1 %"):
            assert figure in told
        assert "&quot;data&quot;:[99.0]" in told and "&quot;data&quot;:[9.0]" in told


class TestTariffs:
    def test_a_tariff_is_shown_in_words_with_findings_and_versions(self, office):
        tariff = TariffFactory(
            content=elements(component("ENERGY", 18, vat="0.18"), component("PARKING_TIME", 120))
        )
        TariffVersion.objects.create(
            tariff=tariff,
            number=2,
            raw=tariff.raw,
            last_updated=tariff.last_updated,
            received_at=tariff.received_at + timedelta(hours=1),
        )

        told = page(office, "ocpi_tariff_change", tariff.pk)

        assert "₹18.0324/kWh, parking ₹2.00/min" in told
        assert "VAT of 0.18 % is implausible: 18 % may be meant." in told
        assert "elements[0].price_components[0].vat" in told
        until = f"{tariff.received_at + timedelta(hours=1):%Y-%m-%d %H:%M:%S} UTC"
        assert told.count(until) == 2  # the end of the first version, the beginning of the second
        assert "in force" in told
        assert "₹18.0324/kWh" in page(office, "ocpi_tariff_changelist")
