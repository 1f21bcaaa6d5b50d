"""The page of a connection: every setting with its help, refusals by field, a certificate that is never shown."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from ocpi.models import Connection, ContractTariff, Tariff
from tests.core.certificates import key_and_certificate
from tests.factories.ocpi import CpoFactory

pytestmark = pytest.mark.django_db
KEY, CERT = key_and_certificate("emsp.example")
SETTINGS = (
    "auth_encoding", "trailing_slash", "send_routing_headers", "push_app_tokens", "always_send_connector_id",
    "rate_limit", "connect_timeout_s", "read_timeout_s", "command_timeout_s", "tls_client_cert", "check_last_updated",
    "lenient_patch", "is_hub", "cdr_url_alias", "feed_adapter", "page_limit", "max_range_days", "price_source",
    "step_mode",
)  # fmt: skip


@pytest.fixture
def party():
    return CpoFactory()


@pytest.fixture
def page(staff, party):
    """The page as a form: what it shows can be sent back, with changes."""
    url = reverse("admin:ocpi_connection_change", args=[party.connection_id])

    class Page:
        def html(self):
            return staff.get(url).content.decode()

        def form(self):
            return staff.get(url).context["adminform"].form

        def send(self, **changes):
            form = self.form()
            given = {name: form[name].value() for name in form.fields}
            data = {name: value for name, value in given.items() if value not in (None, False)} | changes
            for formset in staff.get(url).context["inline_admin_formsets"]:
                data |= {field.html_name: field.value() for field in formset.formset.management_form}
                for row in formset.formset.forms:
                    data |= {row[name].html_name: row[name].value() or "" for name in row.fields}
            return staff.post(url, {name: value for name, value in data.items() if value is not False})

    return Page()


def test_every_setting_is_there_with_a_help_text(page):
    fields = page.form().fields

    assert set(SETTINGS) <= set(fields)
    assert [name for name in SETTINGS if not fields[name].help_text] == []


def test_settings_are_stored_and_nothing_beside_them_is(page, party):
    Connection.objects.update(outgoing_token="new-token-of-a-handshake")

    answer = page.send(rate_limit="0.5", max_range_days="31", feed_adapter="power_in_kw", always_send_connector_id="on")

    assert answer.status_code == 302, answer.context["errors"]
    row = Connection.objects.get()
    assert (str(row.rate_limit), row.max_range_days, row.feed_adapter) == ("0.5000", 31, "power_in_kw")
    assert (row.always_send_connector_id, row.send_routing_headers, row.outgoing_token) == (
        True, True, "new-token-of-a-handshake",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rate_limit": "-1"}, "rate_limit"),
        ({"max_range_days": "0"}, "max_range_days"),
        ({"command_timeout_s": "600"}, "command_timeout_s"),
        ({"is_hub": "on", "send_routing_headers": ""}, "send_routing_headers"),
        ({"tls_client_cert": "nonsense"}, "tls_client_cert"),
        ({"tls_client_cert": CERT + KEY, "forget_client_cert": "on"}, "forget_client_cert"),
    ],
)
def test_a_wrong_setting_is_refused_at_its_field(page, changes, field):
    before = Connection.objects.values().get()

    answer = page.send(**changes)

    assert list(answer.context["adminform"].form.errors) == [field]
    assert Connection.objects.values().get() == before


class TestCertificate:
    def test_it_is_kept_until_another_one_comes_or_it_is_to_be_forgotten(self, page):
        assert "none" in page.html()
        assert page.send(tls_client_cert=CERT + KEY).status_code == 302
        assert Connection.objects.get().tls_client_cert == (CERT + KEY).strip()

        assert page.send(page_limit="50").status_code == 302
        row = Connection.objects.get()
        assert (row.page_limit, row.tls_client_cert) == (50, (CERT + KEY).strip())

        assert page.send(forget_client_cert="on").status_code == 302
        assert Connection.objects.get().tls_client_cert == ""

    def test_it_is_never_shown(self, page, staff):
        page.send(tls_client_cert=CERT + KEY)
        secret = re.findall(r"[A-Za-z0-9+/]{30,}", KEY)[0]

        html = page.html()

        assert "CN=emsp.example, ends 20" in html
        assert secret not in html
        assert "BEGIN" not in re.sub(r"PEM \(-----BEGIN.*?\)", "", html)
        trail = " ".join(LogEntry.objects.values_list("change_message", flat=True))
        assert "TLS client certificate" in trail
        assert secret not in trail

    def test_one_with_a_mistake_does_not_come_back(self, page):
        secret = re.findall(r"[A-Za-z0-9+/]{30,}", KEY)[0]

        answer = page.send(tls_client_cert=KEY)

        assert answer.status_code == 200
        assert secret not in answer.content.decode()


class TestContractTariffs:
    GIVEN = (
        '{"currency": "INR", "elements": [{"price_components": [{"type": "ENERGY", "price": 12.5, "step_size": 1}]}]}'
    )

    def test_one_is_made_changed_and_ended(self, staff, party):
        add = reverse("admin:ocpi_contracttariff_add")
        assert staff.get(add).status_code == 200

        answer = staff.post(add, {"party": party.pk, "stands_for": "T-1", "tariff": self.GIVEN})
        assert answer.status_code == 302
        row = ContractTariff.objects.get()
        change = reverse("admin:ocpi_contracttariff_change", args=[row.pk])
        html = staff.get(change).content.decode()
        assert "₹12.50/kWh" in html
        assert "₹12.50/kWh" in staff.get(reverse("admin:ocpi_contracttariff_changelist")).content.decode()

        dearer = self.GIVEN.replace("12.5", "13")
        assert staff.post(change, {"party": "999", "stands_for": "other", "tariff": dearer}).status_code == 302
        row = ContractTariff.objects.get()
        assert (row.stands_for, row.party, row.versions.count()) == ("t-1", party, 2)

        delete = reverse("admin:ocpi_contracttariff_delete", args=[row.pk])
        assert staff.post(delete, {"post": "yes"}).status_code == 302
        assert Tariff.objects.get().deleted_at is not None
        assert staff.get(change).status_code == 302  # as for a row that is not there

    @pytest.mark.parametrize(
        ("tariff", "said"),
        [
            ("{", "not JSON"),
            ("[]", "a JSON object is expected"),
            ('{"currency": "INR"}', "elements: "),
            ('{"currency": "INR", "elements": [{"price_components": [{"type": "ENERGY"}]}]}', "price"),
        ],
    )
    def test_what_is_no_tariff_is_refused_with_its_place(self, staff, party, tariff, said):
        answer = staff.post(reverse("admin:ocpi_contracttariff_add"), {"party": party.pk, "tariff": tariff})

        (reason,) = answer.context["adminform"].form.errors["tariff"]
        assert said in reason
        assert Tariff.objects.count() == 0
