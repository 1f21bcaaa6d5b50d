"""No page breaks the policy that it is sent with, and no script of a page fails: each is opened in a browser that tells."""

import pytest
from django.urls import reverse

from emsp.backoffice.dashboard import counting
from sessions.models import Order
from tests.backoffice.permission_table import GET
from tests.backoffice.rows import one_of_each
from tests.backoffice.test_permissions import addresses
from tests.chromium import chromium  # noqa: F401 (fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TELL = "window.violations = []; document.addEventListener('securitypolicyviolation', " \
    "e => violations.push(e.effectiveDirective + ' ' + e.blockedURI + ' ' + (e.sample || '')))"
FILES = ("download", "statement_file", "map-data", "content", "sync_state", "feed-rows", "progress")


@pytest.fixture
def told(chromium, live_server, staff):  # noqa: F811
    """A browser page of staff that collects what the browser forbids, and what fails in it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 844}, base_url=live_server.url)
    session = {"name": "sessionid", "value": staff.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([session])
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.add_init_script(TELL)
    page.complaints = []
    page.on("console", lambda line: page.complaints.append(line.text) if "Security Policy" in line.text else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


def opened(page, path):
    """What the browser complained of, once the page and its scripts are there."""
    page.complaints.clear()
    page.goto(path, wait_until="load")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate("violations") + list(page.complaints)


def test_every_page_of_the_back_office_keeps_to_its_policy_and_runs(told, driver, cpo):
    urls = addresses(one_of_each(driver, cpo)) | {"index": reverse("admin:index")}
    counting.count_due()
    shown = [name for name, roles in GET.items() if "A" in roles and not any(part in name for part in FILES)]
    assert len(shown) > 150

    found = {name: opened(told, urls[name]) for name in [*shown, "index"]}
    assert {name: said for name, said in found.items() if said} == {}


def test_an_old_version_leads_back_to_its_history(told, driver, cpo):
    told.goto(addresses(one_of_each(driver, cpo))["catalog_pricebookversion_simple_history"])
    told.locator("a[href$='/history/']", has_text="History").click()
    told.get_by_role("link", name="Price book").first.wait_for()

    assert told.url.endswith("/history/") and told.complaints == []


def test_a_script_that_got_into_a_page_does_not_run(told):
    told.goto(reverse("admin:index"))
    told.evaluate("""() => {
        const script = document.createElement('script'); script.textContent = 'window.ran = true';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="window.ran = true">');
    }""")
    told.wait_for_function("violations.length === 2")

    assert told.evaluate("window.ran") is None


def test_pages_without_a_login_keep_to_their_policy(told, driver):
    driver.charge()
    order = Order.objects.get().reference
    pages = ["/docs/", "/docs/security/", "/docs/api/beckn/", "/docs/states/", "/support", "/admin/login/",
             f"/track/{order}", f"/feedback/{order}"]  # fmt: skip

    assert {path: opened(told, path) for path in pages} == dict.fromkeys(pages, [])
