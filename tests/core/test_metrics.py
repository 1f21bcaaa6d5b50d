"""/metrics tells the work under way and how long it waits; the alert rules name figures that exist."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from beckn.models import Request, RequestState
from emsp.core.metrics import WORK
from ocpi.models.command import FINAL_STATES, CommandState
from sessions.states import OVER, OrderState
from tests.factories.beckn import CallbackFactory, RequestFactory

RULES = yaml.safe_load((Path(__file__).resolve().parents[2] / "deploy/alerts.yml").read_text())


def figures(client):
    text = client.get("/metrics").content.decode()
    return dict(re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE))


@pytest.mark.django_db
def test_open_work_is_counted_and_timed(client):
    RequestFactory.create_batch(2)
    RequestFactory(state="ANSWERED")
    Request.objects.filter(state="ANSWERED").update(received_at=timezone.now() - timedelta(hours=9))
    Request.objects.filter(pk=Request.objects.first().pk - 2).update(received_at=timezone.now() - timedelta(seconds=90))
    CallbackFactory(state="DEAD")

    told = figures(client)

    assert (told['emsp_requests{state="RECEIVED"}'], told['emsp_requests{state="WAITING"}']) == ("2.0", "0.0")
    assert 90 <= float(told["emsp_requests_oldest_seconds"]) < 100
    assert (told['emsp_callbacks{state="DEAD"}'], told["emsp_callbacks_oldest_seconds"]) == ("1.0", "0.0")
    assert told["emsp_orders_oldest_seconds"] == "0.0"


@pytest.mark.django_db
def test_a_queue_is_as_old_as_what_is_due_and_not_taken(client):
    now = timezone.now()
    ago = {seconds: now - timedelta(seconds=seconds) for seconds in (40, 90, 200)}
    RequestFactory(due_at=ago[40])
    RequestFactory(due_at=ago[90], leased_until=now + timedelta(seconds=30))
    RequestFactory(due_at=ago[200], state="ANSWERED")
    CallbackFactory(due_at=now + timedelta(seconds=60))

    told = figures(client)

    assert 40 <= float(told['emsp_queue_oldest_seconds{queue="beckn"}']) < 60
    assert told['emsp_queue_oldest_seconds{queue="ocpi"}'] == "0.0"


def test_every_state_under_way_is_told():
    told = {work.name: set(work.states) for work in WORK}

    assert told["emsp_requests"] == set(RequestState.values) - {"ANSWERED"}
    assert told["emsp_orders"] == {state.value for state in set(OrderState) - OVER}
    assert told["emsp_commands"] == {state.value for state in set(CommandState) - FINAL_STATES}


@pytest.mark.django_db
def test_alert_rules_are_about_figures_that_exist(client):
    known = {name.partition("{")[0] for name in figures(client)} | {"up"}
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]

    assert len(rules) == 6
    for rule in rules:
        named = set(re.findall(r"\b(?:emsp_\w+|up)\b", rule["expr"]))
        assert named and named <= known, rule["alert"]
        assert set(rule["labels"]) == {"severity"} and rule["annotations"]["summary"]
