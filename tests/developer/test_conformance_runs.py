"""Runs whose worker died, or that no wake-up told of; and an app that answers too late."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from emsp.developer import tasks
from emsp.developer.conformance import bap as bap_checks
from emsp.developer.conformance import runs
from emsp.developer.models import ConformanceRun
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.developer.test_conformance import careful

pytestmark = pytest.mark.django_db
APP = "bap.tests.example"


def state_of(run):
    run.refresh_from_db()
    return run.state, run.reason


def test_a_run_whose_worker_died_is_ended(bap, bap_server):  # noqa: F811
    dead, alive = runs.prepare("bap", APP), runs.prepare("bap", APP)
    dead.step, dead.leased_until = "a check", timezone.now() - timedelta(seconds=1)
    dead.save()

    tasks.sweep()

    assert state_of(dead) == ("BROKEN", "the worker died")
    assert (dead.step, dead.finished_at is None) == ("", False)
    assert state_of(alive) == ("RUNNING", "")
    assert bap_server.received == []


def test_a_run_that_no_wake_up_told_of_is_carried_out(bap, bap_server, django_capture_on_commit_callbacks):  # noqa: F811
    bap_server.answer_with(*[careful] * 8)
    with django_capture_on_commit_callbacks(execute=False):
        run = runs.ask_for("bap", APP)
    assert state_of(run) == ("QUEUED", "")

    tasks.sweep()

    assert state_of(run) == ("DONE", "")
    assert run.passed


def test_a_run_of_the_command_is_no_work_for_a_worker(bap, bap_server):  # noqa: F811
    runs.prepare("bap", APP)

    assert runs.carry_out_queued() == 0
    assert bap_server.received == []


def test_a_worker_that_comes_back_late_changes_nothing(bap, bap_server):  # noqa: F811
    run = runs.prepare("bap", APP)

    def end(check):
        ConformanceRun.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        runs.sweep()

    bap_server.answer_with(*[careful] * 8)
    runs.carry_out(run, report=end)

    assert state_of(run) == ("BROKEN", "the worker died")
    assert [row["id"] for row in run.checks] == ["accepts_signed"]
    assert len(bap_server.received) == 1


def test_each_check_renews_the_lease(bap, bap_server):  # noqa: F811
    run = runs.prepare("bap", APP)
    bap_server.answer_with(*[careful] * 8)
    leases = []

    runs.carry_out(run, report=lambda check: leases.append(ConformanceRun.objects.get(pk=run.pk).leased_until))

    assert len(leases) == 9
    assert leases == sorted(set(leases))


def test_an_app_that_answers_too_late_gave_no_answer(bap, bap_server, monkeypatch):  # noqa: F811
    over = threading.Event()

    def late(got):
        over.wait(10)
        return careful(got)

    monkeypatch.setattr(bap_checks, "POST_WITHIN_S", 0.1)
    bap_server.answer_with(late)
    run = runs.carry_out(runs.prepare("bap", APP))
    over.set()

    assert [(row["id"], row["verdict"], row["detail"]) for row in run.checks] == [
        ("accepts_signed", "failed", "HTTP 200 and ACK are expected, got no answer: ReadTimeoutError"),
        ("in_time", "failed", "no answer: ReadTimeoutError"),
        ("refusals", "skipped", "the app gave no answer"),
    ]


def test_a_repeat_says_what_it_proves(bap, bap_server):  # noqa: F811
    bap_server.answer_with(*[careful] * 8)
    run = runs.carry_out(runs.prepare("bap", APP))

    repeat = next(row for row in run.checks if row["id"] == "idempotent")
    first, second = bap_server.received[:2]
    assert first.raw == second.raw
    assert repeat["detail"] == "HTTP 200 ACK; whether the app acts once or twice cannot be seen from outside"
