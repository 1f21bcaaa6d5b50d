"""CPU time of a piece of work: what the processes used for it, less what they use anyway."""

import os
import signal
import subprocess
import sys

from emsp.chaos import cost
from emsp.demo.leftovers import Record


def test_what_is_used_anyway_is_taken_off(tmp_path, monkeypatch):
    clock = iter([0.0, 10.0, 10.0, 30.0])
    used = iter([{"web": 1.0, "worker": 2.0}, {"web": 2.0, "worker": 2.0}, {"web": 9.0, "worker": 3.0}])
    monkeypatch.setattr("emsp.chaos.cost.PROCESSES", ("web", "worker"))
    monkeypatch.setattr("emsp.chaos.cost._used", lambda folder: next(used))
    monkeypatch.setattr("emsp.chaos.cost.time.monotonic", lambda: next(clock))
    monkeypatch.setattr("emsp.chaos.cost.time.sleep", lambda seconds: None)

    assert cost.cost_of(tmp_path, lambda: 100) == {"web": 50.0, "worker": 10.0}


def test_time_is_that_of_the_recorded_processes(tmp_path):
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", burn], start_new_session=True, **pipes) as child:
        child.stdout.readline()
        record = Record(tmp_path)
        record.add("web", child.pid, signal.SIGTERM)
        record.add("elsewhere", os.getpid(), signal.SIGTERM)

        used = cost._used(tmp_path)
        child.stdin.write(b"\n")

    assert used["web"] >= 0.2
    assert used["worker"] == used["postgres"] == 0.0
