"""One demo at a time in its folder, and what a killed one left there."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from emsp.demo.errors import DemoError
from emsp.demo.folder import occupied, reset
from emsp.demo.leftovers import Record, end_leftovers

WAIT_FOR_EVER = "import threading; print('up', flush=True); threading.Event().wait()"


@pytest.fixture
def stray():
    with subprocess.Popen(
        [sys.executable, "-c", WAIT_FOR_EVER], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout.readline() == b"up\n"
        yield process
        process.kill()


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path):
    with (
        occupied(tmp_path),
        pytest.raises(DemoError, match=rf"^a demo is running from here already \(process {os.getpid()}\)$"),
        occupied(tmp_path),
    ):
        pass

    with occupied(tmp_path):
        pass


def test_reset_removes_everything_but_never_a_running_demo(tmp_path):
    folder = tmp_path / ".demo"
    with occupied(folder):
        (folder / "keys.json").write_text("{}")
        with pytest.raises(DemoError):
            reset(folder)
        assert (folder / "keys.json").exists()

    reset(folder)
    reset(folder)

    assert not folder.exists()


def test_what_a_killed_demo_left_is_ended(tmp_path, stray):
    Record(tmp_path).add("web", stray.pid, signal.SIGTERM)

    assert end_leftovers(tmp_path) == ["web"]

    assert stray.poll() is not None
    assert end_leftovers(tmp_path) == []


def test_what_a_dead_leader_left_is_ended_too(tmp_path):
    code = (
        "import subprocess, sys, threading\n"
        f"subprocess.Popen([sys.executable, '-c', {WAIT_FOR_EVER!r}])\n"
        "threading.Event().wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    ) as leader:
        assert leader.stdout.readline() == b"up\n"
        Record(tmp_path).add("web", leader.pid, signal.SIGTERM)
        leader.kill()
        leader.wait()

        assert end_leftovers(tmp_path) == ["web"]

        assert leader.stdout.read() == b""  # its last holder has ended


def test_another_process_that_got_the_id_is_left_alone(tmp_path, stray):
    record = Record(tmp_path)
    record.add("web", stray.pid, signal.SIGTERM)
    file = tmp_path / "processes.json"
    started = psutil.Process(stray.pid).create_time()
    file.write_text(file.read_text().replace(str(started), str(started - 3600)))

    assert end_leftovers(tmp_path) == []

    assert stray.poll() is None
    assert not file.exists()


def test_an_unreadable_record_stops_nothing(tmp_path):
    (tmp_path / "processes.json").write_text("[[1]]")

    assert end_leftovers(tmp_path) == []
