"""One id finds all that happened to an order: requests, answers, callbacks, and what the operator was asked and said."""

import io
import json
import logging

import pytest

from emsp.core import tracing
from emsp.core.log import JsonLine
from tests.flows.world import BILLING

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(settings):
    """The log as LOG_FORMAT=json writes it: a function that reads it."""
    form = dict(settings.LOGGING["formatters"]["json"])
    assert form.pop("()") == "emsp.core.log.JsonLine"
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLine(**form))
    exchanges, root = logging.getLogger("emsp.core.exchanges"), logging.getLogger()
    level = exchanges.level
    exchanges.setLevel(logging.INFO)
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    exchanges.setLevel(level)


def steps(found):
    return [(line["protocol"], line["step"], line["subject"]) for line in found if "step" in line]


def whole_order(driver, cpo):
    session = driver.charge()
    cpo.session("ACTIVE", 1.5, start_date_time=session["start_date_time"])
    driver.update("stop-charging")
    cpo.result("STOP_SESSION")
    cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"])
    assert cpo.cdr(session).status_code == 201


def test_one_id_finds_every_line_of_an_order(driver, cpo, lines):
    whole_order(driver, cpo)

    found = [line for line in lines() if line.get("transaction_id") == driver.transaction_id]

    assert [line for line in lines() if line not in found] == []
    told = steps(found)
    for action in ("search", "select", "init", "confirm", "update"):
        assert told.count(("beckn", "request", action)) == told.count(("beckn", "answer", action)) == 1
        assert told.count(("beckn", "callback", f"on_{action}")) == 1
    assert told.count(("beckn", "callback", "on_status")) == driver.count("on_status") == 3
    assert told.count(("ocpi", "sent", "commands")) == told.count(("ocpi", "received", "commands")) == 3
    assert told.count(("ocpi", "received", "sessions")) == 3
    assert told.count(("ocpi", "received", "cdrs")) == 1
    assert {line["outcome"] for line in found} == {"ok"}


def test_lines_of_both_ends_carry_the_ids_of_both_protocols(driver, cpo, lines, network):
    driver.book()
    command = next(call.request for call in network.calls if call.request.url.endswith("/commands/RESERVE_NOW"))

    found = {step: line for line in lines() for step in steps([line])}

    sent, result = found["ocpi", "sent", "commands"], found["ocpi", "received", "commands"]
    order = cpo.bodies("RESERVE_NOW")[0]["authorization_reference"]
    for line in (sent, result):
        assert (line["order"], line["action"], line["subscriber"]) == (order, "init", "bap.tests.example")
        assert (line["connection"], line["command"][:12]) == ("CPO", "RESERVE_NOW ")
        assert line["message_id"] == found["beckn", "request", "init"]["message_id"]
    assert sent["request_id"] == command.headers["X-Request-ID"]
    assert sent["correlation_id"] == command.headers["X-Correlation-ID"]
    assert (sent["status"], sent["level"], sent["logger"]) == ("200", "INFO", "emsp.core.exchanges")
    assert sent["duration_ms"] >= 0 and sent["timestamp"].endswith("+00:00")
    assert found["beckn", "callback", "on_init"]["order"] == order


def test_a_peers_own_ids_are_in_the_line_of_its_request(cpo, lines):
    cpo.client.get("/ocpi/emsp/2.2.1/tokens", headers={"X-Request-ID": "r-1", "X-Correlation-ID": "c-1"})

    (line,) = lines()

    assert (line["request_id"], line["correlation_id"]) == ("r-1", "c-1")
    assert (line["partner"], line["outcome"], line["error_code"]) == ("unknown", "refused", "2000")


def test_two_conversations_are_told_apart(driver, lines):
    driver.search()
    other = "another-conversation"
    driver.ask("search", {"intent": {"descriptor": {"name": "Test"}}}, transaction_id=other)

    told = {line["transaction_id"]: [] for line in lines()}
    for line in lines():
        told[line["transaction_id"]].append(line["step"])

    assert {key: sorted(found) for key, found in told.items()} == {
        driver.transaction_id: ["answer", "callback", "request"], other: ["answer", "callback", "request"]
    }  # fmt: skip


def test_no_contact_data_and_no_secret_is_in_them(driver, cpo, lines):
    whole_order(driver, cpo)
    text = json.dumps(lines())

    for secret in (BILLING["name"], BILLING["email"], BILLING["phone"], cpo.token, "token-of-tests", "signature="):
        assert secret not in text


def test_an_id_that_is_a_phone_number_is_masked_and_a_traceback_too(lines):
    from emsp.core.correlation import about

    with about(transaction_id="+919876543210"):
        try:
            raise ValueError("driver@example.com")
        except ValueError:
            logging.getLogger("beckn").exception("of %s", "+919876543210")

    (line,) = lines()

    assert (line["transaction_id"], line["message"]) == ("+***", "of +***")
    assert line["exc_info"].endswith("ValueError: ***@***")


def test_all_spans_of_an_order_are_one_trace(driver, cpo, settings, monkeypatch):
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    monkeypatch.setattr(tracing, "processor", lambda: SimpleSpanProcessor(kept))
    settings.OTEL_TRACES = True
    tracing.provider.cache_clear()

    whole_order(driver, cpo)
    tracing.provider.cache_clear()

    spans = kept.get_finished_spans()
    assert {span.context.trace_id for span in spans} == {tracing.trace_id_of(driver.transaction_id)}
    assert len({span.context.span_id for span in spans}) == len(spans) == 3 * 5 + 3 + 1 + 6 + 3 + 1
    names = {span.name: span for span in spans}
    assert names["ocpi sent commands"].kind.name == "CLIENT"
    assert names["ocpi received cdrs"].kind.name == names["beckn request search"].kind.name == "SERVER"
    assert names["beckn answer search"].kind.name == "CONSUMER"
    assert names["ocpi received cdrs"].attributes["emsp.transaction_id"] == driver.transaction_id
    assert all(span.start_time <= span.end_time and span.status.is_unset for span in spans)
