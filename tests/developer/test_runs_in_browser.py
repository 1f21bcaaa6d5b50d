"""Conformance in a real browser: staff start a run and read its report, a partner opens the link."""

import pytest
from django.urls import reverse

from emsp.developer.conformance import links, runs
from emsp.developer.conformance.checks import FAILED, PASSED, WARNING, Check
from emsp.developer.models import ConformanceRun
from tests.backoffice.operator_page import page  # noqa: F401 (fixture)
from tests.chromium import chromium, fits  # noqa: F401 (fixture)
from tests.ocpi.cpo import make_party

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "LOC-1 evses[0].connectors[0].a_member_with_a_long_name_that_no_line_of_a_phone_can_hold: required, but missing"
CHECKS = [
    Check("versions", "versions: offers 2.2.1", PASSED, "2.2.1"),
    Check("locations.order", "locations: oldest last_updated first", WARNING, "1 of 2 objects are older"),
    Check("locations.objects", "locations: every object has the form of 2.2.1", FAILED, "1 of 2 are wrong", [LONG]),
]


@pytest.fixture
def examined(monkeypatch):
    monkeypatch.setattr(runs.cpo, "examine", lambda party, with_commands=False: iter(CHECKS))
    return make_party("Blue Charge")


def test_staff_start_a_run_and_read_it(page, examined):  # noqa: F811
    page.goto(f"{page.root}{reverse('admin:developer_conformancerun_changelist')}")
    assert fits(page)
    page.goto(f"{page.root}{reverse('admin:developer_conformancerun_run')}")
    page.get_by_label("Partner").select_option("cpo IN-CPO")
    assert fits(page)
    page.get_by_role("button", name="Start", exact=True).click()

    page.get_by_text(LONG).wait_for()
    assert "1 passed, 1 failed, 1 warned, 0 skipped" in " ".join(page.locator("main, #content").first.inner_text().split())
    assert fits(page)


def test_a_partner_reads_the_report(page, examined, settings):  # noqa: F811
    settings.BASE_URL = page.root
    run = runs.carry_out(runs.prepare("cpo", "IN-CPO"))
    page.context.clear_cookies()

    page.goto(links.report_url(run))

    page.get_by_role("heading", name="Conformance of IN-CPO").wait_for()
    assert page.locator(".report ol > li").count() == 3
    assert page.locator(".badge.failed").inner_text().lower() == "failed"
    assert fits(page)
    assert ConformanceRun.objects.get().passed is False
