"""Tokens: issued, blocked, brought in as a sheet; pushed to the operators, compared with them, pushed again."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database
from django.urls import reverse
from responses import matchers
from tablib import Dataset

from ocpi.models import Token, TokenCopy
from ocpi.services import token_changes, token_copies
from ocpi.services.token_changes import TokenRefused
from ocpi.services.token_sheet import TokenSheet
from ocpi.services.tokens import token_object
from tests.backoffice.conftest import browser_of, log_in, person
from tests.chromium import fits
from tests.factories.ocpi import TokenFactory
from tests.ocpi.cpo import BASE, envelope, make_party
from tests.races import at_once

pytestmark = pytest.mark.django_db


class Operator:
    """The tokens module of a CPO: keeps what is put, gives it back; `answers` go out first as (status, body)."""

    def __init__(self, network, uid, kind="RFID", base=BASE):
        self.puts, self.copy, self.answers = [], None, []
        url = f"{base}/tokens/IN/EMS/{uid}"
        match = [matchers.query_param_matcher({"type": kind})]
        network.add_callback("PUT", url, callback=self._put, match=match)
        network.add_callback("GET", url, callback=self._get, match=match)

    def _put(self, request):
        if self.answers:
            status, body = self.answers.pop(0)
            return status, {}, json.dumps(body)
        self.copy = json.loads(request.body)
        self.puts.append(self.copy)
        return 200, {}, json.dumps(envelope())

    def _get(self, request):
        if self.copy is None:
            return 404, {}, json.dumps(envelope(code=2004))
        return 200, {}, json.dumps(envelope(self.copy))


@pytest.fixture
def party(db):
    return make_party()


@pytest.fixture
def token(db):
    return TokenFactory(uid="04A1B2C3D4E5F6", type="RFID", whitelist="ALWAYS")


@pytest.fixture
def desk(operator):
    return browser_of(operator)


def states():
    return list(TokenCopy.objects.values_list("state", flat=True))


def test_blocking_is_pushed_to_every_operator(party, token, network, desk, django_capture_on_commit_callbacks):
    make_party("Far", base="https://far.example/ocpi", party_id="FAR")
    make_party("Gone", party_id="GON", status="UNREGISTERED", base="https://gone.example/ocpi")
    near_copy, far_copy = Operator(network, token.uid), Operator(network, token.uid, base="https://far.example/ocpi")
    ask = reverse("admin:ocpi_token_ask", args=[token.pk, "block"])
    assert "all of them are told" in desk.get(ask).content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        refused = desk.post(ask, {"reason": " "})
    assert "A token is blocked with a reason." in refused.content.decode() and near_copy.puts == []
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(ask, {"reason": "card lost"}).status_code == 302

    token.refresh_from_db()
    assert (token.valid, token.blocked_reason) == (False, "card lost")
    assert near_copy.puts == far_copy.puts == [token_object(token)]
    assert near_copy.puts[0]["valid"] is False and "card lost" not in json.dumps(near_copy.puts)
    assert states() == ["SAME", "SAME"]
    assert set(TokenCopy.objects.values_list("connection__name", flat=True)) == {"CPO", "Far"}

    with django_capture_on_commit_callbacks(execute=True):
        desk.post(reverse("admin:ocpi_token_ask", args=[token.pk, "unblock"]))
    token.refresh_from_db()
    assert (token.valid, token.blocked_reason, near_copy.copy["valid"]) == (True, "", True)
    assert near_copy.puts[1]["last_updated"] > near_copy.puts[0]["last_updated"]


def test_a_push_that_fails_is_tried_again_and_one_that_is_not_taken_is_not(party, token, network):
    copy = Operator(network, token.uid)
    copy.answers = [(500, {}), (200, envelope(code=2001))]
    token_changes.block(token, reason="x")

    token_copies.push_due()
    row = TokenCopy.objects.get()
    assert (row.state, row.attempts, row.pushed) == ("FAILED", 1, None)
    assert row.due_at > datetime.now(UTC) and row.leased_until is None
    for _ in range(2):
        TokenCopy.objects.update(due_at=datetime.now(UTC))
        token_copies.push_due()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.error, row.due_at) == ("SAME", 0, "", None)
    assert len(copy.puts) == 1

    party.connection.endpoints = [each for each in party.connection.endpoints if each["identifier"] != "tokens"]
    party.connection.save()
    token_changes.unblock(token)
    token_copies.push_due()
    assert states() == ["NOT_OFFERED"] and TokenCopy.objects.get().due_at is None


def test_a_copy_that_differs_is_found_and_pushed_again(party, token, network, desk, django_capture_on_commit_callbacks):
    there = Operator(network, token.uid)
    list_page = reverse("admin:ocpi_token_changelist")
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(list_page, {"action": "check_tokens", "_selected_action": [token.pk]})
    assert states() == ["MISSING"]

    there.copy = token_object(token) | {"valid": False, "whitelist": "never", "issuer": "EXAMPLE EMSP"}
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(reverse("admin:ocpi_token_ask", args=[token.pk, "check"]))
    row = TokenCopy.objects.get()
    assert row.state == "DIFFERS"
    assert token_copies.differences(token, row.seen) == [
        "valid: ours true, theirs false", "whitelist: ours ALWAYS, theirs never",
    ]  # fmt: skip
    page = desk.get(reverse("admin:ocpi_tokencopy_changelist")).content.decode()
    assert "valid: ours true, theirs false; whitelist: ours ALWAYS, theirs never" in page

    with django_capture_on_commit_callbacks(execute=True):
        desk.post(
            reverse("admin:ocpi_tokencopy_changelist"), {"action": "push_copies", "_selected_action": [row.pk]}
        )

    assert there.copy == token_object(token) and states() == ["SAME"]
    assert "valid: ours" not in desk.get(reverse("admin:ocpi_tokencopy_changelist")).content.decode()


def test_a_change_during_a_push_is_pushed_after_it(party, token, network):
    there = Operator(network, token.uid)
    token_changes.block(token, reason="x")
    copy = TokenCopy.objects.select_related("token", "connection").get()
    token.refresh_from_db()
    token_changes.unblock(token)

    token_copies._push_one(copy)
    assert (there.copy["valid"], states()) == (False, ["WAITING"])
    token_copies.push_due()

    assert (there.copy["valid"], states()) == (True, ["SAME"])


def test_copies_are_looked_at_once_a_day(party, token, network):
    there = Operator(network, token.uid)
    token_changes.block(token, reason="x")
    token_copies.push_due()
    there.copy = there.copy | {"valid": True}
    assert token_copies.check_due() == 0
    TokenCopy.objects.update(check_at=datetime.now(UTC) - timedelta(seconds=1))

    assert token_copies.check_due() == 1
    assert states() == ["DIFFERS"]


def test_what_is_kept_of_a_copy_holds_no_uid(party, token, network):
    Operator(network, token.uid)
    token_changes.block(token, reason="x")
    token_copies.push_due()

    with database.cursor() as cursor:
        cursor.execute("select pushed::text, coalesce(seen::text, '') from ocpi_tokencopy")
        assert token.uid not in "".join(cursor.fetchone())


def test_a_card_is_issued_and_its_uid_never_shown_again(party, network, desk, django_capture_on_commit_callbacks):
    there = Operator(network, "04FFEEDDCCBBAA")
    form = {"type": "RFID", "uid": " 04ffeeddccbbaa ", "contract_id": "", "whitelist": "ALLOWED", "language": "en",
            "copies-TOTAL_FORMS": "0", "copies-INITIAL_FORMS": "0"}  # fmt: skip
    add = reverse("admin:ocpi_token_add")
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(add, form).status_code == 302

    made = Token.objects.get()
    assert (made.uid, made.type, made.valid, made.whitelist) == ("04FFEEDDCCBBAA", "RFID", True, "ALLOWED")
    assert made.contract_id.startswith("IN-EMS-C") and len(made.contract_id) == 16
    assert there.puts == [token_object(made)]
    for page in (reverse("admin:ocpi_token_changelist"), reverse("admin:ocpi_token_change", args=[made.pk]),
                 reverse("admin:ocpi_token_history", args=[made.pk])):  # fmt: skip
        assert "04FFEEDDCCBBAA" not in desk.get(page).content.decode()

    assert "there is a token with this uid already" in desk.post(add, form).content.decode()
    assert "a card needs the uid that its chip has" in desk.post(add, form | {"uid": ""}).content.decode()
    assert Token.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=False):
        desk.post(add, form | {"type": "APP_USER", "uid": ""})
    assert len(Token.objects.get(type="APP_USER").uid) == 20


def upload(browser, text):
    sheet = SimpleUploadedFile("cards.csv", text.encode(), content_type="text/csv")
    return browser.post(reverse("admin:ocpi_token_import"), {"import_file": sheet, "format": "0", "resource": ""})


def confirm_import(browser, answer):
    form = answer.context["confirm_form"]
    return browser.post(reverse("admin:ocpi_token_process_import"), form.initial)


def test_a_sheet_is_tried_first_and_then_brought_in(party, token, network, desk, django_capture_on_commit_callbacks):
    fresh, known = Operator(network, "04000000000001"), Operator(network, token.uid)
    sheet = (
        "uid,type,contract_id,whitelist,valid,language\n"
        f"04000000000001,,,allowed,,en\n{token.uid},RFID,{token.contract_id},NEVER,false,en\n"
    )
    with django_capture_on_commit_callbacks(execute=True):
        tried = upload(desk, sheet)
    assert tried.status_code == 200
    assert (Token.objects.count(), TokenCopy.objects.count(), fresh.puts, known.puts) == (1, 0, [], [])

    with django_capture_on_commit_callbacks(execute=True):
        assert confirm_import(desk, tried).status_code == 302

    made = Token.objects.get(uid="04000000000001")
    assert (made.type, made.whitelist, made.valid, made.contract_id[:8]) == ("RFID", "ALLOWED", True, "IN-EMS-C")
    token.refresh_from_db()
    assert (token.valid, token.whitelist) == (False, "NEVER")
    assert fresh.puts == [token_object(made)] and known.puts == [token_object(token)]


@pytest.mark.parametrize(
    "row",
    ["04000000000002,RFID,,SOMETIMES,true,en", "04000000000002,RFID,,NEVER,perhaps,en", ",RFID,,NEVER,true,en",
     "04000000000002,PAPER,,NEVER,true,en", f"{'9' * 40},RFID,,NEVER,true,en"],
)  # fmt: skip
def test_a_sheet_with_a_wrong_row_brings_in_nothing(party, desk, row):
    answer = upload(desk, f"uid,type,contract_id,whitelist,valid,language\n04000000000001,RFID,,NEVER,true,en\n{row}\n")

    assert answer.status_code == 200 and "confirm_form" not in answer.context
    assert not Token.objects.exists()


def test_a_sheet_that_goes_wrong_on_the_way_in_brings_in_nothing(party):
    sheet = Dataset(("04000000000001", "RFID", "true"), ("04000000000002", "RFID", "perhaps"))
    sheet.headers = ("uid", "type", "valid")

    assert TokenSheet().import_data(sheet, dry_run=False).has_validation_errors()
    assert not Token.objects.exists() and not TokenCopy.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_who_block_at_once_block_once():
    make_party()
    token = TokenFactory(type="RFID")
    at_once(*[lambda: _block(token)] * 5)

    assert TokenCopy.objects.count() == 1
    assert Token.objects.get().blocked_reason == "lost"


def _block(token):
    try:
        token_changes.block(token, reason="lost")
    except TokenRefused:
        assert Token.objects.get(pk=token.pk).valid is False


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_a_token_is_blocked_in_a_browser(live_server, chromium, network, width):
    network.add_passthru("http://localhost")
    make_party()
    token = TokenFactory(uid="04A1B2C3D4E5F6", type="RFID")
    there = Operator(network, token.uid)
    person("olga", "operator")
    page = chromium.new_context(viewport={"width": width, "height": 844}).new_page()
    log_in(page, live_server.url, "olga")
    page.goto(f"{live_server.url}{reverse('admin:ocpi_token_change', args=[token.pk])}")
    assert fits(page)
    page.goto(f"{live_server.url}{reverse('admin:ocpi_token_block', args=[token.pk])}")
    page.get_by_label("Reason, for staff only").fill("card lost")
    assert fits(page)
    page.get_by_role("button", name="Block").click()
    page.get_by_text("Blocked; the operators are being told.").wait_for()

    assert there.puts[0]["valid"] is False
    assert token.uid not in page.content()
    assert Token.objects.get().blocked_reason == "card lost"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_cards_are_issued_brought_in_and_pushed_again_in_a_browser(live_server, chromium, network, width):
    network.add_passthru("http://localhost")
    make_party()
    there, other = Operator(network, "04A1B2C3D4E5F6"), Operator(network, "04000000000001")
    person("olga", "operator")
    page = chromium.new_context(viewport={"width": width, "height": 844}).new_page()
    log_in(page, live_server.url, "olga")
    page.wait_for_url("**/admin/")
    page.goto(f"{live_server.url}{reverse('admin:ocpi_token_add')}")
    page.locator("#id_type").select_option("RFID")
    page.locator("#id_uid").fill("04a1b2c3d4e5f6")
    assert fits(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/ocpi/token/")
    token = Token.objects.get()
    assert there.puts == [token_object(token)]

    page.goto(f"{live_server.url}{reverse('admin:ocpi_token_import')}")
    sheet = b"uid,type,contract_id,whitelist,valid,language\n04000000000001,RFID,,ALLOWED,true,en\n"
    page.locator("input[type=file]").set_input_files({"name": "c.csv", "mimeType": "text/csv", "buffer": sheet})
    page.locator("#id_format").select_option(label="csv")
    page.get_by_role("button", name="Submit").click()
    assert fits(page)
    page.get_by_role("button", name="Confirm import").click()
    page.wait_for_url("**/admin/ocpi/token/")
    assert other.puts == [token_object(Token.objects.get(uid="04000000000001"))]

    there.copy |= {"valid": False}
    page.goto(f"{live_server.url}{reverse('admin:ocpi_token_ask', args=[token.pk, 'check'])}")
    page.locator("#content form button, main form button").last.click()
    page.wait_for_url(f"**{reverse('admin:ocpi_token_change', args=[token.pk])}")
    page.goto(f"{live_server.url}{reverse('admin:ocpi_tokencopy_changelist')}")
    page.get_by_text("valid: ours true, theirs false").first.wait_for()
    assert fits(page)
    page.goto(f"{live_server.url}{reverse('admin:ocpi_token_ask', args=[token.pk, 'push'])}")
    page.locator("#content form button, main form button").last.click()
    page.wait_for_url(f"**{reverse('admin:ocpi_token_change', args=[token.pk])}")
    assert there.copy == token_object(token) and states() == ["SAME", "SAME"]


def test_a_lease_is_taken_when_its_copy_is_pushed_and_not_before(party, token, monkeypatch):
    second = TokenFactory(uid="04FFEEDDCCBBAA", type="RFID")
    token_copies.push_everywhere(token)
    token_copies.push_everywhere(second)
    leased = []

    def look(copy):
        leased.append(list(TokenCopy.objects.exclude(leased_until=None).values_list("token_id", flat=True)))
        TokenCopy.objects.filter(pk=copy.pk).update(due_at=None, leased_until=None)

    monkeypatch.setattr(token_copies, "_push_one", look)
    assert token_copies.push_due() == 2
    assert leased == [[token.pk], [second.pk]]
