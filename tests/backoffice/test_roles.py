"""Shipped roles: made once, brought up to date, and what staff changed stays."""

import io

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse

from emsp.backoffice.models import Case, ShippedRole
from emsp.backoffice.roles import install, shipped
from tests.backoffice.conftest import browser_of, log_in, person
from tests.chromium import fits

pytestmark = pytest.mark.django_db


def held(name):
    found = Permission.objects.filter(group__name=name).select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}" for permission in found}


def permission(name):
    app, _, codename = name.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def test_migrate_makes_the_six_roles_with_permissions_that_exist():
    assert set(Group.objects.values_list("name", flat=True)) == {
        "operator", "pricing", "finance", "integrator", "auditor", "admin",
    }  # fmt: skip
    for name, granted in shipped.ROLES.items():
        if granted is not None:
            assert held(name) == granted
    assert held("admin") == set(install._existing())
    assert not any(name.split(".")[1].startswith(("add", "change", "delete")) for name in held("auditor"))


def test_what_staff_took_out_or_added_stays_and_what_is_new_comes(monkeypatch):
    group = Group.objects.get(name="operator")
    group.permissions.remove(permission("charging_sessions.change_order"))
    group.permissions.add(permission("beckn.view_subscriber"))
    install.bring_up_to_date()
    changed = shipped.ROLES["operator"] - {"charging_sessions.change_order"} | {"beckn.view_subscriber"}
    assert held("operator") == changed

    newer = shipped.ROLES["operator"] - {"ocpi.view_command"} | {"auth.view_user"}
    monkeypatch.setitem(shipped.ROLES, "operator", newer)
    install.bring_up_to_date()
    install.bring_up_to_date()

    assert held("operator") == changed - {"ocpi.view_command"} | {"auth.view_user"}


def test_a_role_that_staff_deleted_or_made_themselves_is_left_alone():
    Group.objects.get(name="pricing").delete()
    install.bring_up_to_date()
    assert not Group.objects.filter(name="pricing").exists()

    ShippedRole.objects.all().delete()
    Group.objects.create(name="pricing")
    install.bring_up_to_date()
    assert held("pricing") == set()


def test_the_command_tells_what_staff_changed_and_restores_it():
    group = Group.objects.get(name="auditor")
    group.permissions.remove(permission("ocpi.view_cdr"))
    group.permissions.add(permission("ocpi.change_token"))
    out = io.StringIO()
    call_command("roles", stdout=out)
    assert "auditor: changed by staff\n  - ocpi.view_cdr\n  + ocpi.change_token\n" in out.getvalue()
    assert "finance: as shipped\n" in out.getvalue()

    out = io.StringIO()
    call_command("roles", "--restore", "auditor", stdout=out)

    assert held("auditor") == shipped.ROLES["auditor"]
    assert "auditor: as shipped\n" in out.getvalue()


def test_buttons_and_actions_stand_in_the_trail_but_refusals_do_not():
    case = Case.objects.create(kind="CPO_DOWN", subject="connection:1", summary="x")
    olga, uma = person("olga", "operator"), person("uma", "auditor")
    note = reverse("admin:backoffice_case_note", args=[case.pk])

    assert browser_of(uma).post(note, {"words": "x"}).status_code == 403
    assert LogEntry.objects.count() == 0
    browser_of(olga).post(note, {"words": "looked at it"})

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.object_repr, entry.change_message) == (
        olga, str(case.pk), f"case {case.pk}: operator does not answer", "Did: note",
    )  # fmt: skip
    page = browser_of(uma).get(reverse("admin:admin_logentry_changelist")).content.decode()
    assert "Did: note" in page
    assert browser_of(uma).post(reverse("admin:admin_logentry_change", args=[entry.pk]), {}).status_code == 403


def test_links_lead_only_where_a_person_may_go():
    page = browser_of(person("olga", "operator")).get("/admin/").content.decode()

    assert "/admin/backoffice/case/" in page and "/admin/charging_sessions/order/" in page
    assert "/admin/auth/user/" not in page and "/admin/admin/logentry/" not in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_the_sidebar_holds_the_pages_of_a_role_and_no_other(live_server, chromium, width):
    person("paul", "pricing")
    page = chromium.new_context(viewport={"width": width, "height": 844}).new_page()
    log_in(page, live_server.url, "paul")
    page.wait_for_url("**/admin/")
    pages = page.locator("#nav-sidebar-apps a")
    assert pages.evaluate_all("links => links.map(link => link.querySelector('span:last-child').textContent.trim())") == [
        "Price book", "Price rules", "Contract tariffs", "Connections", "Map", "Commands", "Sessions", "CDRs",
        "Parked objects", "Offers", "Locations", "Connectors", "Tariffs",
    ]  # fmt: skip
    assert fits(page)
    refused = page.goto(f"{live_server.url}{reverse('admin:charging_sessions_statement_changelist')}")
    assert refused.status == 403
