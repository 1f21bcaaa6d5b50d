"""The conversation's page: found by what people can tell, whole, masked, checked, and acted upon."""

import io
import json
import zipfile
from decimal import Decimal

import pytest
import responses
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beckn.models import Callback, CallbackState, Request, Transaction
from catalog.services import price_book
from emsp.backoffice.conversation.contents import bundle
from emsp.backoffice.conversation.entries import Entry
from emsp.backoffice.conversation.folding import Fold, folded
from emsp.backoffice.conversation.search import conversations_of
from emsp.backoffice.conversation.timeline import Subject, entries_of
from emsp.backoffice.conversation.validity import validity_of
from emsp.core.wire import encode, load_json
from ocpi.models import Command, ParkedObject, Session, SessionUpdate, SyncState
from sessions.models import Bill, Order
from tests.factories.price_book import draft
from tests.flows.world import BILLING
from tests.ocpi.cpo import BASE, Listing, envelope

pytestmark = pytest.mark.django_db
SECRETS = ("Test Driver", "driver@example.com", "+910000000001")


def url(name, *args):
    return reverse(f"admin:beckn_transaction_{name}", args=args)


def everybody(permission):
    return True


@pytest.mark.parametrize(
    "words",
    [
        lambda c: c.transaction_id,
        lambda c: str(c.order.reference).upper(),
        lambda c: "s-1",
        lambda c: "E-1",
        lambda c: "IN*CPO*E-1",
        lambda c: c.order.token.uid.lower(),
        lambda c: f"  {BILLING['phone']} ",
        lambda c: BILLING["phone"].removeprefix("+"),
    ],
    ids=["transaction", "order", "session", "evse", "evse id", "token", "phone", "phone without plus"],
)
def test_a_conversation_is_found(staff, charged, words):
    answer = staff.post(url("find"), {"words": words(charged)})
    assert (answer.status_code, answer.url) == (302, url("change", charged.pk))


@pytest.mark.parametrize("words", ["", "nothing", "+910000000002", "a" * 300, "x\x00y"])
def test_what_is_not_there_is_not_found(staff, charged, words):
    assert list(conversations_of(words)) == []
    page = staff.post(url("find"), {"words": words}, follow=True)
    assert "Nothing was found." in page.content.decode()


def test_all_that_happened_is_on_one_line_of_time(charged):
    entries = entries_of(Subject.of(charged), everybody)

    assert [e.at for e in entries] == sorted(e.at for e in entries)
    seen = [(e.kind, e.what) for e in entries]
    wanted = [
        ("request", "search"), ("request", "select"), ("request", "init"), ("command", "RESERVE_NOW"),
        ("request", "confirm"), ("command", "START_SESSION"), ("event", "STARTING → CHARGING"),
        ("session", "session S-1"), ("cdr", "CDR CDR-1"), ("bill", "bill 91.00 INR"),
    ]  # fmt: skip
    assert [each for each in seen if each in wanted] == wanted
    kinds = {kind for kind, _ in seen}
    assert kinds >= {"callback", "quote", "audit", "invoice", "booking"}
    confirm = next(e for e in entries if (e.kind, e.what) == ("request", "confirm"))
    sent_at = Callback.objects.get(action="on_confirm").sent_at
    assert confirm.latency_ms == round((sent_at - confirm.at).total_seconds() * 1000)


def charging(cpo, *steps):
    """News of the session S-1, one after another: (kWh, operator's cost)."""
    for number, (kwh, cost) in enumerate(steps):
        cpo.session("ACTIVE", kwh, total_cost={"excl_vat": cost}, last_updated=f"2099-01-01T00:00:{number:02}Z")


def updates(entries):
    return [(e.state, e.note) for e in entries if e.kind == "update"]


def test_each_news_of_a_session_is_told_with_energy_and_cost_of_that_time(driver, cpo):
    driver.charge()
    charging(cpo, (1.5, 27), (3, 54.5))
    entries = entries_of(Subject.of(Transaction.objects.get(order=Order.objects.get())), everybody)

    assert updates(entries)[-2:] == [("ACTIVE", "1.5 kWh, 27 INR"), ("ACTIVE", "3 kWh, 54.5 INR")]
    assert SessionUpdate.objects.count() == len(updates(entries)) == 3


def test_news_that_says_nothing_new_or_comes_late_is_no_entry(driver, cpo):
    driver.charge()
    charging(cpo, (1.5, 27), (3, 54))
    charging(cpo, (1, 18))

    assert list(SessionUpdate.objects.values_list("energy_kwh", flat=True)) == [0, Decimal("1.5"), 3]


def test_many_alike_are_folded_between_the_first_and_the_last(staff, driver, cpo):
    driver.charge()
    charging(cpo, *((kwh, kwh * 18) for kwh in range(1, 10)))
    conversation = Transaction.objects.get(order=Order.objects.get())
    lines = folded(entries_of(Subject.of(conversation), everybody))

    (fold,) = [line for line in lines if isinstance(line, Fold)]
    assert updates(line for line in lines if isinstance(line, Entry)) == [
        ("ACTIVE", "0 kWh"), ("ACTIVE", "9 kWh, 162 INR"),
    ]  # fmt: skip
    assert (fold.what, fold.entries[0].note, fold.entries[-1].note) == (
        "8 more of update of session S-1", "1 kWh, 18 INR", "8 kWh, 144 INR",
    )  # fmt: skip
    page = staff.get(url("change", conversation.pk)).content.decode()
    assert page.count("bo-fold") == 1 and "1 kWh, 18 INR … 8 kWh, 144 INR" in page


def test_what_staff_did_to_the_price_rule_and_to_the_token_is_told_with_who_and_what(driver, cpo, staff):
    author = User.objects.create_user("ana", is_staff=True)
    version = draft({"name": "ten more", "kind": "MARKUP", "markup_percent": "5"})
    rule = version.rules.get()
    rule.markup_percent, rule._history_user = Decimal(10), author
    rule.save()
    price_book.publish(version, by=author)
    price_book.go_on_publishing()
    driver.charge()
    order = Order.objects.get()
    note_on(order.token, author, "Blocked: lost card.")
    entries = entries_of(Subject.of(Transaction.objects.get(order=order)), everybody)

    told = [(e.who, e.what, e.note) for e in entries if e.kind in ("historicalpricerule", "staff")]
    assert told == [
        ("nobody logged in", "made price rule “ten more”", ""),
        ("ana", "changed price rule “ten more”", "markup_percent: 5 → 10"),
        ("ana", f"{order.token}: Blocked: lost card.", ""),
    ]
    books = [e.note for e in entries if e.kind == "historicalpricebookversion"]
    assert books[-1].startswith("state: PUBLISHING → PUBLISHED; published_at: nothing → ")
    assert b"PK" in bundle(Subject.of(Transaction.objects.get(order=order)), entries)


def note_on(row, by, text):
    LogEntry.objects.create(
        user=by, content_type=ContentType.objects.get_for_model(row), object_id=row.pk, object_repr=str(row),
        action_flag=2, change_message=text,
    )  # fmt: skip


def test_the_page_is_light_and_contents_come_masked(staff, charged):
    page = staff.get(url("change", charged.pk)).content.decode()
    assert "message_id" not in page
    entries = entries_of(Subject.of(charged), everybody)
    for entry in entries:
        answer = staff.get(url("content", charged.pk, entry.kind, entry.pk))
        assert answer.status_code == 200, entry
        assert not [secret for secret in SECRETS if secret in page + answer.content.decode()], entry
    init = Request.objects.get(action="init")
    text = staff.get(url("content", charged.pk, "request", init.pk)).content.decode()
    assert "Valid by Beckn 1.1.0 init." in text and "&quot;phone&quot;: &quot;***&quot;" in text


def test_a_broken_rule_is_named_with_its_path(staff, charged):
    request = Request.objects.get(action="confirm")
    del request.body["message"]["order"]
    request.save()
    Session.objects.update(raw={**Session.objects.get().raw, "meter_id": {"no": "text"}})

    found = validity_of(request)
    assert (found.refused.path, found.refused.reason) == ("message.order", "required, but missing")
    session = validity_of(Session.objects.get())
    assert (session.refused, [each.path for each in session.dropped]) == (None, ["meter_id"])
    text = staff.get(url("content", charged.pk, "request", request.pk)).content.decode()
    assert "Not valid" in text and "<code>message.order</code>" in text


def test_our_callbacks_are_valid_and_a_rule_that_one_breaks_is_named(staff, charged):
    assert {validity_of(row).refused for row in Callback.objects.all()} == {None}
    row = Callback.objects.filter(action="on_status").latest("pk")
    body = load_json(bytes(row.body))
    body["message"]["order"]["quote"]["price"]["value"] = "90.00"
    row.body = encode(body)
    row.save()

    found = validity_of(row)

    assert (found.rule, found.refused.path) == ("Beckn 1.1.0 on_status", "message.order.quote.price.value")
    text = staff.get(url("content", charged.pk, "callback", row.pk)).content.decode()
    assert "<code>message.order.quote.price.value</code>" in text and "is not the sum of the lines, 91.00" in text


def test_commands_are_valid_as_they_were_sent(charged):
    assert {validity_of(row).refused for row in Command.objects.exclude(kind="CHECK_EVSE")} == {None}


def test_a_parked_cdr_stands_on_the_line_with_its_reason(charged):
    ParkedObject.objects.create(
        connection=charged.order.party.connection, module="cdrs", ocpi_id="CDR-1", raw={"id": "CDR-1"},
        reason="currency: required, but missing", last_seen_at=timezone.now(),
    )  # fmt: skip
    entry = next(e for e in entries_of(Subject.of(charged), everybody) if e.kind == "parked")
    assert (entry.what, entry.tone, entry.note) == (
        "cdrs CDR-1 could not be stored", "bad", "currency: required, but missing"
    )  # fmt: skip


def test_rows_of_another_conversation_are_not_told(staff, charged):
    other = Callback.objects.create(
        bap_id="x", transaction_id="other", message_id="m", action="on_search", url="http://x/", body=b"{}",
        due_at=timezone.now(), expires_at=timezone.now(), state=CallbackState.DEAD,
    )  # fmt: skip
    assert staff.get(url("content", charged.pk, "callback", other.pk)).status_code == 404
    assert staff.get(url("content", charged.pk, "nothing", other.pk)).status_code == 404
    assert staff.post(url("send_again", charged.pk, other.pk)).status_code == 404
    assert Callback.objects.get(pk=other.pk).state == CallbackState.DEAD


def test_a_callback_is_sent_again_and_that_is_written_down(
    staff, charged, driver, django_capture_on_commit_callbacks
):
    callback = Callback.objects.get(action="on_confirm")
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(url("send_again", charged.pk, callback.pk))

    assert driver.count("on_confirm") == 2
    entry = next(e for e in entries_of(Subject.of(charged), everybody) if e.kind == "staff")
    assert (entry.who, entry.what) == ("staff", "Sent on_confirm again.")


def test_the_operator_is_asked_again(staff, charged, network, django_capture_on_commit_callbacks):
    Bill.objects.get()
    network.add(responses.GET, f"{BASE}/sessions/S-1", status=404, json=envelope(code=2003))
    listing = Listing(network, "sessions", [])
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(url("ask_again", charged.pk))

    assert len(listing.asked) == 1
    assert LogEntry.objects.get().get_change_message() == "Asked CPO (IN-CPO) again: session S-1."
    assert not SyncState.objects.filter(module="cdrs", full_wanted=True).exists()


def test_without_a_bill_all_cdrs_are_asked_for(staff, driver, cpo):
    session = driver.charge()
    cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"])
    from beckn.models import Transaction

    staff.post(url("ask_again", Transaction.objects.get().pk))

    assert SyncState.objects.get(module="cdrs").full_wanted is True
    assert LogEntry.objects.get().get_change_message() == "Asked CPO (IN-CPO) again: session S-1 and all CDRs."


def test_the_bundle_holds_every_entry_masked(staff, charged):
    answer = staff.post(url("bundle", charged.pk))

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        told = json.loads(archive.read("timeline.json"))
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert len(files) == len(told["entries"]) + 1
    assert told["orders"] == [str(charged.order.reference)]
    assert not [secret for secret in SECRETS for text in files.values() if secret in text]
    init = next(e for e in told["entries"] if (e["kind"], e["what"]) == ("request", "init"))
    assert json.loads(files[init["file"]])["message"]["order"]["billing"]["phone"] == "***"
    assert LogEntry.objects.get().get_change_message() == "Exported the conversation."


def test_each_action_needs_its_permission(reader, charged):
    client = reader("beckn.view_transaction", "beckn.view_callback")
    callback = Callback.objects.get(action="on_confirm")

    page = client.get(url("change", charged.pk)).content.decode()
    assert "Send again" not in page and "Ask the operator again" not in page
    assert client.post(url("send_again", charged.pk, callback.pk)).status_code == 403
    assert client.post(url("ask_again", charged.pk)).status_code == 403
    assert client.get(url("content", charged.pk, "callback", callback.pk)).status_code == 200
    request = Request.objects.get(action="init")
    assert client.get(url("content", charged.pk, "request", request.pk)).status_code == 404
    assert callback.state == Callback.objects.get(pk=callback.pk).state
    assert LogEntry.objects.count() == 0


def test_strangers_see_nothing(reader, charged):
    client = reader("charging_sessions.view_order")
    assert client.get(url("change", charged.pk)).status_code == 403
    assert client.post(url("find"), {"words": charged.transaction_id}).status_code == 403
    assert client.post(url("bundle", charged.pk)).status_code == 403


def test_actions_are_posts_with_a_csrf_token(staff, charged):
    callback = Callback.objects.get(action="on_confirm")
    pages = [url("find"), url("ask_again", charged.pk), url("bundle", charged.pk),
             url("send_again", charged.pk, callback.pk)]  # fmt: skip
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(User.objects.get(username="staff"))
    assert [staff.get(page).status_code for page in pages] == [405] * 4
    assert [careful.post(page).status_code for page in pages] == [403] * 4
    assert LogEntry.objects.count() == 0


def test_a_page_that_is_not_there(staff):
    assert staff.get(url("change", 77)).status_code == 302
    assert staff.post(url("bundle", 77)).status_code == 404
