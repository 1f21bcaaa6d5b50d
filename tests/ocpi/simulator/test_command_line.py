"""The simulator as its own process."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from ocpi.simulator.__main__ import _parser, _party

ROOT = Path(__file__).resolve().parents[3]


def launch(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "ocpi.simulator", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_and_saves_its_state(tmp_path, number):
    state = tmp_path / "simulator.json"
    process = launch("--port", "0", "--state", str(state), SIMULATOR_TOKEN_A="secret-a")
    line = process.stderr.readline()
    base = line.split("page ")[1].split(",")[0]
    assert requests.get(f"{base}/ocpi/cpo/versions", timeout=5).status_code == 401
    state.unlink()
    process.send_signal(number)
    out, error = process.communicate(timeout=5)

    assert process.returncode == 0
    assert json.loads(state.read_text())["token_a"] == "secret-a"
    assert "secret-a" not in line + out + error
    assert "Traceback" not in error


def test_without_a_token_it_makes_one_and_does_not_print_it(tmp_path):
    state = tmp_path / "simulator.json"
    process = launch("--port", "0", "--state", str(state), SIMULATOR_TOKEN_A="")
    line = process.stderr.readline()
    process.terminate()
    out, error = process.communicate(timeout=5)

    token = json.loads(state.read_text())["token_a"]
    assert len(token) == 43
    assert token not in line + out + error


def test_a_taken_port_is_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = launch("--port", str(port), "--state", str(tmp_path / "s.json"))
        out, error = process.communicate(timeout=10)

    assert (process.returncode, out) == (1, "")
    assert error == f"simulator: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_missing_file_is_one_line(tmp_path):
    process = launch("--port", "0", "--locations", "none.json", "--state", str(tmp_path / "s.json"))
    _, error = process.communicate(timeout=10)
    assert (process.returncode, error) == (1, "simulator: cannot read none.json: No such file or directory\n")


def test_help_teaches():
    process = launch("--help")
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    for text in ("SIMULATOR_TOKEN_A=", "--locations", "/control", "session_after_timeout", "--speed 300"):
        assert text in out


@pytest.mark.parametrize(
    "arguments", [("--speed", "0"), ("--port", "70000"), ("--party", "LONG"), ("--token-a", "a b")]
)
def test_a_wrong_option_is_refused(arguments):
    process = launch(*arguments)
    _, error = process.communicate(timeout=10)
    assert process.returncode == 2
    assert f"argument {arguments[0]}" in error


@pytest.mark.parametrize(
    ("arguments", "party"),
    [((), ("IN", "THP")), (("--party", "abc"), ("IN", "ABC")), (("--country", "DE"), ("DE", "THP"))],
)
def test_the_party_is_that_of_the_first_location_unless_given(arguments, party):
    options = _parser().parse_args(arguments)
    assert _party(options, [{"id": "L1", "country_code": "IN", "party_id": "THP"}]) == party


def test_it_needs_neither_django_nor_the_apps():
    code = (
        "import sys, ocpi.simulator.__main__\n"
        "mine = {name.split('.')[0] for name in sys.modules}\n"
        "assert not mine & {'django', 'celery', 'rest_framework', 'psycopg', 'catalog', 'beckn'}, mine\n"
        "assert not [name for name in sys.modules if name.startswith(('ocpi.', 'emsp.'))"
        " and not name.startswith('ocpi.simulator') and name not in ('emsp.core', 'emsp.core.wire')]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
