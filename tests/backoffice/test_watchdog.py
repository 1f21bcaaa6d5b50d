"""The watchdog: each condition opens one case, says what was tried, and closes it when it is over."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from beckn.models import Callback
from emsp.backoffice.cases import services, watchdog
from emsp.backoffice.cases.services import CaseRefused
from emsp.backoffice.models import Case, CaseNote
from emsp.core.models import Circuit
from ocpi.models import Cdr, Connection, Session
from ocpi.services import cdrs
from sessions.models import MissingCdr, Order
from tests.backoffice.conftest import person
from tests.factories.ocpi import PeerFactory, cdr_body
from tests.ocpi.cpo import Listing
from tests.races import at_once

pytestmark = pytest.mark.django_db


def minutes_ago(count):
    return timezone.now() - timedelta(minutes=count)


def open_cases():
    return list(Case.objects.exclude(state="RESOLVED").values_list("kind", flat=True))


def started(driver):
    driver.book()
    driver.confirm()
    return Order.objects.get()


def test_a_start_that_brought_no_session_is_a_case_until_the_session_comes(driver, cpo, network):
    order = started(driver)
    Listing(network, "sessions", [])
    Order.objects.update(start_accepted_at=minutes_ago(4))
    assert watchdog.look() == (0, 0)
    accepted = minutes_ago(6)
    Order.objects.update(start_accepted_at=accepted)

    assert watchdog.look() == (1, 0)
    assert watchdog.look() == (0, 0)

    case = Case.objects.get()
    assert (case.kind, case.state, case.subject) == ("START_WITHOUT_SESSION", "OPEN", f"order:{order.pk}")
    assert (case.order, case.connection) == (order, cpo.party.connection)
    assert case.summary == f"CPO (IN-CPO) took START_SESSION at {accepted:%H:%M} UTC; no session came"
    assert [line["text"] for line in case.tried] == [
        "START_SESSION was sent once and accepted; it is never sent again",
        "The operator's sessions are read now, for news that was lost",
    ]

    cpo.session("ACTIVE")

    assert watchdog.look() == (0, 1)
    case.refresh_from_db()
    assert (case.state, case.resolved_by, case.resolution) == (
        "RESOLVED", None, "by itself: the session came, or the order is over",
    )  # fmt: skip
    assert case.resolved_at is not None and case.condition_over_at is not None
    note = CaseNote.objects.get()
    assert (note.text, note.by_name) == ("resolved by itself: the session came, or the order is over", "")


def test_opening_has_the_operators_sessions_read(driver, network, django_capture_on_commit_callbacks):
    started(driver)
    listing = Listing(network, "sessions", [])
    Order.objects.update(start_accepted_at=minutes_ago(6))

    with django_capture_on_commit_callbacks(execute=True):
        watchdog.look()
    with django_capture_on_commit_callbacks(execute=True):
        watchdog.look()

    assert len(listing.asked) == 1


def test_a_session_that_stays_pending_is_a_case_until_it_is_active(driver, cpo):
    started(driver)
    cpo.session("PENDING")
    Session.objects.update(start_at=minutes_ago(9))
    assert watchdog.look() == (0, 0)
    Session.objects.update(start_at=minutes_ago(11))

    assert watchdog.look() == (1, 0)
    assert (Case.objects.get().kind, Case.objects.get().session) == ("SESSION_PENDING", Session.objects.get())

    cpo.session("ACTIVE")
    assert watchdog.look() == (0, 1)


def test_a_charge_without_news_is_a_case_until_there_is_news(driver, cpo):
    driver.charge()
    Session.objects.update(received_at=minutes_ago(29))
    assert watchdog.look() == (0, 0)
    Session.objects.update(received_at=minutes_ago(31))

    assert watchdog.look() == (1, 0)
    assert Case.objects.get().kind == "SESSION_SILENT"

    cpo.session("ACTIVE", kwh=1.5)
    assert watchdog.look() == (0, 1)


def test_a_missing_cdr_is_a_case_once_it_was_asked_for_in_vain(driver, cpo):
    session = driver.charge()
    cpo.session("COMPLETED", kwh=4.5)
    order = Order.objects.get()
    missing = MissingCdr.objects.create(order=order, asked_at=minutes_ago(180))
    assert watchdog.look() == (0, 0)
    MissingCdr.objects.update(raised_at=minutes_ago(1))

    assert watchdog.look() == (1, 0)
    case = Case.objects.get()
    assert (case.kind, case.subject) == ("CDR_MISSING", f"missingcdr:{missing.pk}")
    assert [line["text"] for line in case.tried] == ["All CDRs of the operator were read for it"]

    cpo.cdr(session)
    assert watchdog.look() == (0, 1)
    assert Case.objects.get().resolution == "by itself: the CDR came"


def test_a_cdr_of_no_order_is_a_case_until_staff_decide(cpo):
    body = cdr_body(party_id="CPO", session_id="S-nobody", authorization_reference="nobody")
    cdrs.store_cdrs(cpo.party, [body], received_at=timezone.now())

    assert watchdog.look() == (1, 0)
    case = Case.objects.get()
    assert (case.kind, case.cdr) == ("CDR_UNMATCHED", Cdr.objects.get())
    assert case.summary == "CPO (IN-CPO) wants 223.02 INR for CDR CDR-1, which is of no order of ours"

    from sessions.audit import decisions
    from sessions.models import CdrAudit

    decisions.contest(CdrAudit.objects.get(), by=person("fay", "finance"), reason="not ours")
    assert watchdog.look() == (0, 1)


def test_a_message_given_up_is_a_case_but_progress_is_not(driver):
    driver.book()
    order = Order.objects.get()
    Callback.objects.filter(action="on_search").update(state="DEAD")
    Callback.objects.filter(action="on_init").update(
        state="DEAD", order=order, superseded_by_newer=True, attempts=3, last_error="HTTP 500"
    )
    assert watchdog.look() == (0, 0)
    Callback.objects.filter(action="on_init").update(superseded_by_newer=False)

    assert watchdog.look() == (1, 0)
    case = Case.objects.get()
    assert case.summary == f"on_init did not reach {Callback.objects.get(action='on_init').bap_id}"
    assert [line["text"] for line in case.tried] == ["Sent 3 times; the last answer: HTTP 500"]


def test_an_operator_that_fails_is_a_case_until_it_answers(db):
    peer = PeerFactory(name="Far CPO", last_ok_at=minutes_ago(14), last_error_at=minutes_ago(1), last_error="no answer")
    PeerFactory(name="Slow but well", last_ok_at=minutes_ago(60), last_error_at=minutes_ago(61))
    PeerFactory(name="Gone", status="UNREGISTERED", last_ok_at=minutes_ago(60), last_error_at=minutes_ago(1))
    assert watchdog.look() == (0, 0)
    Connection.objects.filter(pk=peer.pk).update(last_ok_at=minutes_ago(16))

    assert watchdog.look() == (1, 0)
    case = Case.objects.get()
    assert (case.kind, case.connection) == ("CPO_DOWN", peer)
    assert [line["text"] for line in case.tried] == ["Asked again at each pull; the last answer: no answer"]

    Connection.objects.filter(pk=peer.pk).update(last_ok_at=timezone.now())
    assert watchdog.look() == (0, 1)


def test_an_operator_that_pushes_and_does_not_answer_us_is_a_case_until_its_circuit_closes(db):
    peer = PeerFactory(name="Far CPO", last_ok_at=timezone.now(), last_error_at=minutes_ago(1), last_error="no answer")
    circuit = Circuit.objects.create(kind="CPO", partner=str(peer.pk), name="Far CPO", opened_at=minutes_ago(14))
    assert watchdog.look() == (0, 0)
    opened = minutes_ago(16)
    Circuit.objects.update(opened_at=opened)

    assert watchdog.look() == (1, 0)
    case = Case.objects.get()
    assert (case.kind, case.connection) == ("CPO_DOWN", peer)
    assert case.summary == f"Far CPO has not answered since {opened:%d %b %H:%M} UTC"

    circuit.delete()
    assert watchdog.look() == (0, 1)


def test_a_driver_who_does_not_come_is_a_case_until_the_order_is_cancelled(driver, settings):
    settings.BECKN_START_ON = "update"
    driver.book()
    driver.confirm(word=None)
    order = Order.objects.get()
    assert order.state == "CONFIRMED"
    Order.objects.update(reserved_until=minutes_ago(14))
    assert watchdog.look() == (0, 0)
    Order.objects.update(reserved_until=minutes_ago(16))

    assert watchdog.look() == (1, 0)
    assert Case.objects.get().kind == "RESERVATION_UNUSED"

    driver.cancel()
    assert watchdog.look() == (0, 1)


def test_what_is_older_than_a_week_opens_nothing(db):
    PeerFactory(last_ok_at=timezone.now() - timedelta(days=9), last_error_at=timezone.now() - timedelta(days=8))

    assert watchdog.look() == (0, 0)


def test_a_case_that_staff_resolved_stays_so_while_the_condition_lasts_and_comes_again_after_it(db):
    peer = PeerFactory(last_ok_at=minutes_ago(60), last_error_at=minutes_ago(1))
    watchdog.look()
    olga = person("olga", "operator")
    services.resolve(Case.objects.get(), "known works", by=olga)

    assert watchdog.look() == (0, 0)

    Connection.objects.update(last_ok_at=timezone.now())
    assert watchdog.look() == (0, 1)
    first = Case.objects.get()
    assert (first.resolution, first.resolved_by) == ("known works", olga)
    Connection.objects.update(last_ok_at=minutes_ago(60), last_error_at=minutes_ago(1))
    assert watchdog.look() == (1, 0)
    assert list(Case.objects.filter(connection=peer).values_list("state", flat=True)) == ["OPEN", "RESOLVED"]


def test_thresholds_are_settings(db, settings):
    settings.CASE_AFTER_MIN = {**settings.CASE_AFTER_MIN, "CPO_DOWN": 2}
    PeerFactory(last_ok_at=minutes_ago(3), last_error_at=minutes_ago(1))

    assert watchdog.look() == (1, 0)


def test_the_database_takes_one_case_per_subject_and_kind(db):
    Case.objects.create(kind="CPO_DOWN", subject="connection:1", summary="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.create(kind="CPO_DOWN", subject="connection:1", summary="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.create(kind="CPO_DOWN", subject="connection:2", summary="x", condition_over_at=timezone.now())

    Case.objects.create(kind="CDR_MISSING", subject="connection:1", summary="x")
    assert Case.objects.count() == 2


def test_the_words_of_a_case_are_needed_and_it_is_resolved_once(db):
    olga, otto = person("olga", "operator"), person("otto", "pricing")
    case = Case.objects.create(kind="CPO_DOWN", subject="connection:1", summary="x")

    for act in (
        lambda: services.note(case, "  ", by=olga),
        lambda: services.note(case, "x" * 2001, by=olga),
        lambda: services.resolve(case, " ", by=olga),
        lambda: services.assign(case, otto, by=olga),
    ):
        with pytest.raises(CaseRefused):
            act()
    assert not CaseNote.objects.exists()

    assert services.assign(case, olga, by=olga).state == "ASSIGNED"
    services.assign(case, olga, by=olga)
    assert services.assign(case, None, by=olga).state == "OPEN"
    services.resolve(case, "done", by=olga)
    with pytest.raises(CaseRefused):
        services.resolve(case, "again", by=olga)
    assert list(CaseNote.objects.values_list("text", "by_name")) == [
        ("assigned to olga", "olga"), ("given back", "olga"), ("resolved: done", "olga"),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_many_watchdogs_open_one_case_with_one_notice(settings):
    settings.CASE_MAIL_TO = ["desk@example.com"]
    peers = [PeerFactory(last_ok_at=minutes_ago(60), last_error_at=minutes_ago(1)) for _ in range(5)]

    at_once(*[watchdog.look] * 6)

    assert sorted(Case.objects.values_list("connection", flat=True)) == sorted(peer.pk for peer in peers)
    from emsp.backoffice.models import CaseNotice

    assert CaseNotice.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_what_a_person_says_stays_when_the_watchdog_comes_at_the_same_moment():
    PeerFactory(last_ok_at=minutes_ago(60), last_error_at=minutes_ago(1))
    watchdog.look()
    olga, case = person("olga", "operator"), Case.objects.get()
    Connection.objects.update(last_ok_at=timezone.now())

    def look():
        watchdog.look()
        connection.close()

    other = threading.Thread(target=look)
    with transaction.atomic():
        services.resolve(case, "done", by=olga)
        other.start()
        waits = "select count(*) from pg_locks where not granted"
        with connection.cursor() as cursor:
            waiting = 0
            while not waiting:
                assert other.is_alive()
                cursor.execute(waits)
                waiting = cursor.fetchone()[0]
    other.join()

    case.refresh_from_db()
    assert (case.resolution, case.resolved_by, case.condition_over_at is not None) == ("done", olga, True)
    assert list(CaseNote.objects.values_list("text", flat=True)) == ["resolved: done"]
