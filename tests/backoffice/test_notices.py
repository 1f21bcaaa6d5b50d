"""Mails and webhook calls: signed, retried, given up, without a word about a driver; and the settings' checks."""

import hashlib
import hmac
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from emsp.backoffice.cases import notices, services, watchdog
from emsp.backoffice.checks import check_backoffice
from emsp.backoffice.models import Case, CaseNotice
from sessions.models import Order
from tests.backoffice.conftest import person
from tests.factories.ocpi import PeerFactory
from tests.races import at_once

pytestmark = pytest.mark.django_db
KEY = "a-key-of-the-tests-with-32-letters"


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        status = self.server.answers.pop(0) if self.server.answers else 204
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def hook(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.got, server.answers, server.sent = [], [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.CASE_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/cases"
    settings.CASE_WEBHOOK_KEY = KEY
    yield server
    server.shutdown()
    thread.join()


def failing_peer():
    now = timezone.now()
    return PeerFactory(name="Far CPO", last_ok_at=now - timedelta(hours=1), last_error_at=now - timedelta(minutes=1))


def due_again():
    CaseNotice.objects.filter(state="PENDING").update(due_at=timezone.now())


def test_a_webhook_is_signed_and_tells_what_it_must(hook, settings):
    failing_peer()
    watchdog.look()

    assert notices.send_due() == 1
    assert notices.send_due() == 0

    [(headers, body)] = hook.got
    signed = headers["X-Timestamp"].encode() + b"." + body
    assert headers["X-Signature"] == "sha256=" + hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
    notice, case = CaseNotice.objects.get(), Case.objects.get()
    assert (headers["X-Notice-Id"], headers["Content-Type"]) == (str(notice.reference), "application/json")
    told = json.loads(body)
    assert told.pop("opened_at").endswith("Z")
    assert told == {
        "event": "case.opened", "case": case.pk, "kind": "CPO_DOWN", "state": "OPEN", "subject": case.subject,
        "order": None, "connection": "Far CPO", "resolved_at": None, "resolved_automatically": False,
        "url": f"http://testserver/admin/backoffice/case/{case.pk}/change/",
    }  # fmt: skip
    assert (notice.state, notice.attempts, notice.last_error) == ("SENT", 1, "")


def test_a_call_that_fails_is_tried_again_with_the_same_id(hook):
    failing_peer()
    watchdog.look()
    hook.answers = [500, 302]
    before = timezone.now()

    notices.send_due()
    notice = CaseNotice.objects.get()
    assert (notice.state, notice.attempts, notice.last_error) == ("PENDING", 1, "HTTP 500")
    assert before < notice.due_at < timezone.now() + timedelta(seconds=1)
    due_again()
    notices.send_due()
    assert CaseNotice.objects.get().last_error == "HTTP 302"
    due_again()
    notices.send_due()

    assert CaseNotice.objects.get().state == "SENT"
    assert len({headers["X-Notice-Id"] for headers, _ in hook.got}) == 1
    assert len(hook.got) == 3


def test_a_notice_is_given_up_after_a_day(hook):
    failing_peer()
    watchdog.look()
    CaseNotice.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert notices.send_due() == 0
    assert CaseNotice.objects.get().state == "DEAD"
    assert hook.got == []


def test_outside_the_sandbox_nothing_goes_to_a_private_address(hook, settings):
    settings.SANDBOX = False
    settings.CASE_WEBHOOK_URL = "https://127.0.0.1/cases"
    failing_peer()
    watchdog.look()

    notices.send_due()

    notice = CaseNotice.objects.get()
    assert (notice.state, notice.last_error) == ("DEAD", "the URL leads to a private address")
    assert hook.got == []


def test_opening_and_resolving_are_mailed(settings):
    settings.CASE_MAIL_TO = ["desk@example.com"]
    failing_peer()
    watchdog.look()
    services.resolve(Case.objects.get(), "known works, call +919900112233", by=person("olga", "operator"))

    assert notices.send_due() == 2

    case = Case.objects.get()
    assert [(sent.subject, sent.to) for sent in mail.outbox] == [
        (f"[eMSP] case {case.pk} opened: operator does not answer", ["desk@example.com"]),
        (f"[eMSP] case {case.pk} resolved: operator does not answer", ["desk@example.com"]),
    ]
    assert "connection: Far CPO" in mail.outbox[0].body
    assert "+919900112233" not in mail.outbox[1].body


def test_a_notice_of_an_order_has_no_word_about_its_driver(settings, driver, hook):
    driver.book()
    driver.confirm()
    order = Order.objects.get()
    Order.objects.update(start_accepted_at=timezone.now() - timedelta(hours=1))
    watchdog.look()
    notices.send_due()

    [(_, body)] = hook.got
    assert json.loads(body)["order"] == str(order.reference)
    text = body.decode()
    for secret in ("Test Driver", "driver@example.com", "+910000000001", order.token.uid, order.driver_hash or "-none-"):
        assert secret not in text


@pytest.mark.django_db(transaction=True)
def test_what_one_worker_claims_no_other_sends(hook):
    failing_peer()
    watchdog.look()  # the commit woke a sender
    hook.got.clear()
    CaseNotice.objects.update(state="PENDING", sent_at=None)

    with transaction.atomic():
        claimed = notices._claim()
        assert at_once(notices.send_due) == [0]
    assert at_once(notices.send_due) == [0]
    assert hook.got == []

    CaseNotice.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert notices.send_due() == 1
    assert [headers["X-Notice-Id"] for headers, _ in hook.got] == [str(claimed.reference)]


def test_a_lease_is_taken_when_its_notice_is_sent_and_not_before(hook, monkeypatch):
    failing_peer()
    watchdog.look()
    first = CaseNotice.objects.get()
    second = CaseNotice.objects.create(
        case=first.case, event="RESOLVED", channel="WEBHOOK", body=first.body, due_at=timezone.now(),
        expires_at=first.expires_at,
    )  # fmt: skip
    leased = []

    def look(notice):
        leased.append(list(CaseNotice.objects.exclude(leased_until=None).values_list("pk", flat=True)))
        CaseNotice.objects.filter(pk=notice.pk).update(state="SENT", leased_until=None)

    monkeypatch.setattr(notices, "_send", look)
    assert notices.send_due() == 2
    assert leased == [[first.pk], [second.pk]]


@pytest.mark.parametrize(
    ("changed", "texts"),
    [
        ({}, []),
        ({"CASE_WEBHOOK_URL": "ftp://x", "CASE_WEBHOOK_KEY": KEY},
         ["CASE_WEBHOOK_URL: the URL is not an absolute http(s) URL"]),
        ({"CASE_WEBHOOK_URL": "http://127.0.0.1/x", "CASE_WEBHOOK_KEY": "short"},
         ["CASE_WEBHOOK_KEY needs at least 32 characters"]),
        ({"CASE_MAIL_TO": ["nobody"]}, ["CASE_MAIL_TO must be mail addresses, separated by commas"]),
        ({"CASE_AFTER_MIN": {"CPO_DOWN": 0}}, ["CASE_CPO_DOWN_MIN must be 1 or more"]),
        ({"SECOND_FACTOR_ROLES": ["boss"]},
         ["SECOND_FACTOR_ROLES knows superuser, operator, pricing, finance, integrator, auditor, admin"]),
        ({"LOGIN_FAILURES": 0},
         ["LOGIN_FAILURES and LOGIN_LOCKED_MIN must be 1 or more, LOGIN_PROXY_COUNT 0 or more"]),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_right_are_told_at_the_start(settings, changed, texts):
    for name, value in changed.items():
        setattr(settings, name, value)

    assert [found.msg for found in check_backoffice(None)] == texts
