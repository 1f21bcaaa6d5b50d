"""Every address of the back office, and which shipped role gets in. What is not written here is refused."""

import re

import pytest
from django.contrib import admin
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from beckn.models import Callback, Request
from emsp.backoffice.models import ScorecardLink
from emsp.backoffice.operators import urls as operators
from ocpi.models import Connection, Location, Party
from tests.backoffice.conftest import browser_of, person
from tests.backoffice.permission_table import ACTIONS, GET, POST, ROLES
from tests.backoffice.rows import one_of_each

pytestmark = pytest.mark.django_db
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b")
MORE = {"ending": "csv", "deed": "block", "kind": "request"}


def addresses(pks):
    """Each named address of each page, with a row that is there."""
    messages = {"row": pks[Request], "callback": pks[Callback]}
    found = {}
    for model, page in admin.site._registry.items():
        for pattern in page.get_urls():
            if pattern.name is None:
                continue
            name, converters = f"admin:{pattern.name}", pattern.pattern.converters
            if converters:
                known = dict.fromkeys(("pk", "object_id", "id"), pks[model]) | MORE | messages
                found[pattern.name] = reverse(name, kwargs={part: known[part] for part in converters})
            elif pattern.pattern.regex.groups == 2:  # a row and one of its versions
                newest = model.objects.get(pk=pks[model]).history.latest()
                found[pattern.name] = reverse(name, args=[pks[model], newest.history_id])
            else:
                found[pattern.name] = reverse(name)
    for pattern in operators.urlpatterns:
        keys = dict.fromkeys(pattern.pattern.converters, _operators_row(pattern.name, pks))
        found[f"operators_{pattern.name}"] = reverse(f"operators:{pattern.name}", kwargs=keys)
    return found | bench_addresses(pks)


def bench_addresses(pks):
    """The pages of the message bench, which belong to no model's admin."""
    stored = {"callback": pks[Callback], "request": pks[Request]}
    pages = ("read", "sign", "verify", "feed", "feed-rows")
    return {f"message_bench_{name}": reverse(f"message_bench:{name}") for name in pages} | {
        f"message_bench_{kind}": reverse("message_bench:replay", args=[kind, pk]) for kind, pk in stored.items()
    }


def _operators_row(name, pks):
    """The row that an address of the operators' pages is about."""
    if name == "revoke":
        return ScorecardLink.objects.get().pk
    return Party.objects.get().pk if name == "share" else pks[Location if name == "site" else Connection]


def who(answers):
    """`O.F...`: letters of the roles that were let in, in the order of ROLES."""
    return "".join(ROLES[role] if ok else "." for role, ok in answers)


@pytest.fixture
def pks(driver, cpo):
    return one_of_each(driver, cpo)


@pytest.fixture
def browsers(pks):
    return {role: browser_of(person(f"{role}-1", role)) for role in ROLES}


def asked(browsers, url, method):
    """Whether each role is let in; a refusal is 403, whatever else comes is neither 404 nor 5xx."""
    found = []
    for role, browser in browsers.items():
        answer = getattr(browser, method)(url)
        assert answer.status_code in (200, 302, 403, 405), (url, role, answer.status_code)
        found.append((role, answer.status_code in (200, 302)))
    return who(found)


def test_every_page_lets_in_the_roles_of_the_table_and_no_other(pks, browsers):
    urls = addresses(pks)

    found = {name: asked(browsers, url, "get") for name, url in urls.items()}
    assert found == GET


def test_no_page_changes_a_row_when_it_is_only_looked_at(pks, browsers):
    wrote = {}
    for name, url in addresses(pks).items():
        with CaptureQueriesContext(database) as asked:
            browsers["admin"].get(url)
        found = [query["sql"] for query in asked if WRITES.match(query["sql"]) and "django_session" not in query["sql"]]
        if found:
            wrote[name] = found

    assert wrote == {}


def test_every_form_takes_from_the_roles_of_the_table_and_no_other(pks, browsers):
    urls = addresses(pks)
    forms = [name for name in urls if name.endswith(("_add", "_change", "_delete"))] + [
        "catalog_pricerule_process_import", "ocpi_token_process_import",
        "ocpi_connection_register", "ocpi_connection_invite", "ocpi_token_ask", "ocpi_token_import",
        "catalog_pricerule_import", "catalog_pricebookversion_propose", "catalog_pricebookversion_publish",
        "catalog_pricebookversion_take_back", "catalog_pricebookversion_draft_of_current",
        "charging_sessions_statement_build_last_month", "developer_conformancerun_run", "ocpi_parkedobject_mend",
        "ocpi_connection_sync", "ocpi_connection_rotate", "ocpi_connection_unregister", "operators_share",
        "operators_revoke", "sessions_statement_payment", "sessions_statement_adjust", "auth_user_password_change",
        "beckn_transaction_find", "beckn_transaction_send_again", "beckn_transaction_ask_again", "beckn_transaction_bundle",
        "backoffice_case_assign", "backoffice_case_note", "backoffice_case_resolve", "backoffice_case_do",
        "message_bench_read", "message_bench_sign", "message_bench_verify", "message_bench_callback",
        "message_bench_request", "beckn_subscriber_close_circuit", "ocpi_connection_close_circuit",
        "beckn_transaction_erase",
    ]  # fmt: skip

    found = {name: asked(browsers, urls[name], "post") for name in forms}
    assert found == POST


def test_every_action_of_a_list_is_offered_to_the_roles_of_the_table_and_no_other(rf):
    offered = {}
    people = {role: person(f"{role}-1", role) for role in ROLES}
    for model, page in admin.site._registry.items():
        able = {}
        for role, user in people.items():
            request = rf.get("/")
            request.user = user
            for name in page.get_actions(request):
                able.setdefault(name, set()).add(role)
        for name, roles in able.items():
            offered[f"{model._meta.label_lower} {name}"] = who((role, role in roles) for role in ROLES)

    assert offered == ACTIONS


def test_without_a_role_nothing_but_the_front_page_opens(pks):
    browser = browser_of(person("nobody"))

    let_in = {name for name, url in addresses(pks).items() if browser.get(url).status_code in (200, 302)}
    assert let_in == set()
    assert browser.get(reverse("admin:index")).status_code == 200
