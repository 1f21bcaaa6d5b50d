"""/metrics tells the work under way and how long it waits; alert rules and dashboard name figures that exist."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from beckn.models import Request, RequestState
from beckn.wire.v1_1_0 import MESSAGE_TYPES
from emsp.core import exchanges
from emsp.core.exchanges import Ending
from emsp.core.metrics import WORK
from emsp.core.models import Circuit
from ocpi.models.command import FINAL_STATES, CommandState
from ocpi.versions import V2_2_1
from sessions.states import OVER, OrderState
from tests.factories.beckn import CallbackFactory, RequestFactory

ROOT = Path(__file__).resolve().parents[2]
RULES = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())
DASHBOARD = json.loads((ROOT / "deploy/grafana/emsp.json").read_text())
PANELS, VARIABLES = DASHBOARD["panels"], DASHBOARD["templating"]["list"]


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
@pytest.mark.parametrize("path", ["/metrics", "/health/live", "/health/ready", "/health/serving"])
def test_figures_and_health_are_read_and_nothing_else(client, path):
    told = {method: client.generic(method, path) for method in ("GET", "HEAD", "TRACE", "OPTIONS")}

    assert [method for method, answer in told.items() if answer.status_code == 405] == ["TRACE", "OPTIONS"]
    assert told["TRACE"]["Allow"] == "GET, HEAD"


@pytest.mark.django_db
def test_circuits_are_told_by_partner(client):
    now = timezone.now()
    Circuit.objects.create(kind="CPO", partner="7", name="Far CPO", failures=5, opened_at=now, probe_at=now)
    Circuit.objects.create(kind="BAP", partner="an.app", name="an.app")

    told = figures(client)

    assert told['emsp_circuit_open{kind="CPO",partner="Far CPO"}'] == "1.0"
    assert told['emsp_circuit_open{kind="BAP",partner="an.app"}'] == "0.0"


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


def expressions():
    """Every expression of the alert rules and of the dashboard, under the name of its rule or panel."""
    rules = {rule["alert"]: [rule["expr"]] for group in RULES["groups"] for rule in group["rules"]}
    panels = {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in PANELS if "targets" in panel}
    variables = {variable["name"]: [variable["definition"]] for variable in VARIABLES if "definition" in variable}
    return [(name, text) for found in (rules, panels, variables) for name, texts in found.items() for text in texts]


def selectors(text):
    """The selectors in an expression: metric, and its label, operator and value triples."""
    for metric, braces in re.findall(r"\b((?:emsp_\w+)|up)\b(?:\{([^}]*)\})?", text):
        yield metric, re.findall(r'(\w+)(=~|!=|!~|=)"([^"]*)"', braces)


@pytest.mark.django_db
def test_alerts_and_dashboard_are_about_figures_that_exist(client):
    Circuit.objects.create(kind="BAP", partner="an.app", name="an.app")
    exchanges.tell("beckn", "request", Ending(), subject="search", partner="app", seconds=0.1)
    known = {name.partition("{")[0] for name in figures(client)} | {"up"}
    labels = {*exchanges.LABELS, "outcome", "state", "kind", "job", "le"}
    words = {
        "protocol": set(exchanges.STEPS), "step": {step for steps in exchanges.STEPS.values() for step in steps},
        "outcome": {exchanges.OK, exchanges.REFUSED, exchanges.FAILED}, "job": {"emsp", "emsp-workers"},
        "state": {state for work in WORK for state in work.states},
        "subject": {*MESSAGE_TYPES, *(f"on_{action}" for action in MESSAGE_TYPES), *(name for name, _ in V2_2_1.modules)},
    }  # fmt: skip

    for name, text in expressions():
        found = list(selectors(text))
        assert found, name
        for metric, matchers in found:
            assert metric in known, name
            for label, operator, value in matchers:
                assert label in labels, name
                named = value.split("|") if operator == "=~" else [value]
                assert value == "$partner" or set(named) <= words[label], (name, value)
        for grouping in re.findall(r"by \(([^)]*)\)", text):
            assert {label.strip() for label in grouping.split(",")} <= labels, name
        assert text.count("(") == text.count(")") and text.count("{") == text.count("}"), name


def test_alert_rules_have_the_shape_that_prometheus_reads():
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]

    assert set(RULES) == {"groups"} and all(set(group) == {"name", "rules"} for group in RULES["groups"])
    assert len({rule["alert"] for rule in rules}) == len(rules) == 17
    for rule in rules:
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))
        assert rule["labels"].keys() == {"severity"} and rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() == {"summary"}


def test_the_runbook_tells_what_to_do_at_each_alert():
    runbook = (ROOT / "docs/operations.md").read_text()
    told = re.findall(r"^\| `(Emsp\w+)` \|", runbook, re.MULTILINE)

    assert told == [rule["alert"] for group in RULES["groups"] for rule in group["rules"]]


def test_the_dashboard_has_the_shape_that_grafana_reads():
    assert len({panel["id"] for panel in PANELS}) == len(PANELS) > 25
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in PANELS]
    assert len(set(places)) == len(places)
    for panel in PANELS:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        for target in panel.get("targets", []):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
