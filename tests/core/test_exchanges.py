"""Rate, errors and duration of exchanges: what is counted under whose name, and that one scrape tells all processes."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from emsp.core import exchanges
from emsp.core.exchanges import Ending
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)

ROOT = Path(__file__).resolve().parents[2]


def counted(protocol, step, subject, partner, outcome="ok"):
    labels = {"protocol": protocol, "step": step, "subject": subject, "partner": partner, "outcome": outcome}
    return exchanges.registry.get_sample_value("emsp_exchanges_total", labels) or 0


@pytest.fixture
def fresh_figures():
    exchanges.COUNT.clear()
    exchanges.SECONDS.clear()
    exchanges.PARTNER_SECONDS.clear()
    exchanges._partners.clear()
    exchanges.series.cache_clear()


@pytest.fixture
def told(fresh_figures):
    """All series of emsp_exchanges_total, as (protocol, step, subject, partner, outcome): value."""

    def read():
        (family,) = [family for family in exchanges.COUNT.collect()]
        return {
            tuple(sample.labels[name] for name in (*exchanges.LABELS, "outcome")): sample.value
            for sample in family.samples
        }

    return read


def test_a_request_its_answer_and_its_callback_are_counted(bap, told):  # noqa: F811
    assert bap("search", {"intent": {"descriptor": {"name": "Test"}}}).status_code == 200

    assert told() == {
        ("beckn", "request", "search", "bap.tests.example", "ok"): 1,
        ("beckn", "answer", "search", "bap.tests.example", "ok"): 1,
        ("beckn", "callback", "on_search", "bap.tests.example", "ok"): 1,
    }
    labels = {"protocol": "beckn", "step": "answer"}
    for name, more in (("exchange", {"subject": "search"}), ("partner", {"partner": "bap.tests.example"})):
        assert exchanges.registry.get_sample_value(f"emsp_{name}_seconds_count", labels | more) == 1
        assert 0 < exchanges.registry.get_sample_value(f"emsp_{name}_seconds_sum", labels | more) < 30


def test_refusals_of_either_side_are_no_failures(bap, bap_server, told):  # noqa: F811
    bap_server.answer_with((400, {"message": {"ack": {"status": "NACK"}}}))
    bap("status", {"order_id": "nobody's"})
    bap("search", {"intent": {}}, domain="retail")

    assert told() == {
        ("beckn", "request", "status", "bap.tests.example", "ok"): 1,
        ("beckn", "answer", "status", "bap.tests.example", "refused"): 1,
        ("beckn", "callback", "on_status", "bap.tests.example", "refused"): 1,
        ("beckn", "request", "search", "bap.tests.example", "refused"): 1,
    }


def test_an_app_that_is_away_is_a_failure(bap, bap_server, told):  # noqa: F811
    bap_server.answer_with("reset")
    bap("search", {"intent": {"descriptor": {"name": "Test"}}})

    assert told()["beckn", "callback", "on_search", "bap.tests.example", "failed"] == 1


@pytest.mark.django_db
def test_an_answer_that_our_code_failed_at_is_a_failure(bap, told, monkeypatch):  # noqa: F811
    from beckn import actions
    from beckn.services import attempts

    monkeypatch.setattr(attempts, "ATTEMPTS", 1)
    monkeypatch.setattr(actions.ACTIONS["search"], "answer", lambda *given: 1 / 0)
    bap("search", {"intent": {"descriptor": {"name": "Test"}}})

    assert told()["beckn", "answer", "search", "bap.tests.example", "failed"] == 1


@pytest.mark.django_db
def test_what_strangers_write_becomes_no_label(client, told):
    client.post("/beckn/search", b"{}", content_type="application/json")
    client.post("/beckn/evil%22%7D", b"{}", content_type="application/json")
    client.get("/ocpi/emsp/2.2.1/evil", headers={"OCPI-from-party-id": "EVL"})
    client.put("/ocpi/emsp/2.2.1/sessions/IN/EVL/1", b"{}", headers={"Authorization": "Token evil"})
    client.get("/ocpi/emsp/versions")
    client.get("/ocpi/emsp/2.2.1/")

    assert told() == {
        ("beckn", "request", "search", "unknown", "refused"): 1,
        ("beckn", "request", "unknown", "unknown", "refused"): 1,
        ("ocpi", "received", "unknown", "unknown", "refused"): 1,
        ("ocpi", "received", "sessions", "unknown", "refused"): 1,
        ("ocpi", "received", "versions", "unknown", "refused"): 2,
    }


def test_partners_beyond_the_limit_are_told_together(fresh_figures):
    for number in range(exchanges.MOST_PARTNERS + 3):
        exchanges.tell("beckn", "request", Ending(), subject="search", partner=f"app-{number}", seconds=0.02)

    assert counted("beckn", "request", "search", "app-199") == 1
    assert counted("beckn", "request", "search", "app-200") == 0
    assert counted("beckn", "request", "search", "other") == 3


def test_an_error_that_leaves_an_exchange_is_a_failure(fresh_figures):
    with pytest.raises(KeyError), exchanges.exchange("ocpi", "sent", subject="commands", partner="cpo"):
        raise KeyError

    assert counted("ocpi", "sent", "commands", "cpo", "failed") == 1


def run(code, cwd=ROOT, **environment):
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\nfrom emsp.core import exchanges\n{code}"],
        cwd=cwd, capture_output=True, text=True, check=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "emsp.settings.test", "PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip
    return done.stdout


def test_one_scrape_tells_the_figures_of_all_processes(tmp_path):
    folder = tmp_path / "made" / "here"
    count = "exchanges.tell('ocpi', 'pulled', exchanges.Ending(), subject='cdrs', partner='cpo', seconds=0.3)"
    scrape = "from prometheus_client import generate_latest\nprint(generate_latest(exchanges.registry).decode())"

    for _ in range(2):
        run(count, PROMETHEUS_MULTIPROC_DIR=str(folder))
    text = run(f"{count}\n{scrape}", PROMETHEUS_MULTIPROC_DIR=str(folder))

    labels = 'partner="cpo",protocol="ocpi",step="pulled",subject="cdrs"'
    assert f'emsp_exchanges_total{{outcome="ok",{labels}}} 3.0\n' in text
    assert 'emsp_partner_seconds_count{partner="cpo",protocol="ocpi",step="pulled"} 3.0\n' in text
    assert text.count("# TYPE emsp_exchanges_total counter") == 1


def test_an_empty_folder_of_figures_is_none(tmp_path):
    count = "exchanges.tell('ocpi', 'pulled', exchanges.Ending(), subject='cdrs', partner='cpo', seconds=0.3)"

    run(count, cwd=tmp_path, PROMETHEUS_MULTIPROC_DIR="")

    assert list(tmp_path.iterdir()) == []


def test_a_worker_answers_prometheus_on_a_port_of_its_own(fresh_figures):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    exchanges.tell("beckn", "answer", Ending(), subject="track", partner="app", seconds=0.1)

    exchanges.serve(port)

    text = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()  # noqa: S310
    assert 'emsp_exchanges_total{outcome="ok",partner="app",protocol="beckn",step="answer",subject="track"} 1.0' in text


def test_tracing_is_not_even_loaded_where_it_is_off():
    told = "exchanges.tell('beckn', 'request', exchanges.Ending(), subject='', partner='', seconds=1)"
    loaded = "import sys; print('opentelemetry.sdk.trace' in sys.modules)"

    assert run(f"{told}\n{loaded}") == "False\n"
