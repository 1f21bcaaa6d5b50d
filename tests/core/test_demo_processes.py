"""The demo's children: their output, their deaths, and the order in which they end."""

import io
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from emsp.demo import supervisor
from emsp.demo.console import Console
from emsp.demo.errors import DemoError, ProcessDied, StopRequested
from emsp.demo.folder import is_occupied
from emsp.demo.keys import keep_keys
from emsp.demo.leftovers import Record
from emsp.demo.processes import Children, Program
from emsp.demo.world import World

PROJECT = Path(__file__).resolve().parents[2]
WAIT_FOR_EVER = "import threading; print('up', flush=True); threading.Event().wait()"
NOTE_THE_END = """
import signal, sys, threading
def end(number, frame):
    with open(sys.argv[1], "a") as notes:
        notes.write(sys.argv[2] + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
threading.Event().wait()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAIT_FOR_EVER


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="watches processes by descriptors of Linux")


class Screen(io.StringIO):
    """What the demo printed; `seen` waits for a text."""

    def __init__(self):
        super().__init__()
        self._grown = threading.Condition()

    def write(self, text):
        with self._grown:
            super().write(text)
            self._grown.notify_all()

    def seen(self, text, times=1):
        with self._grown:
            return self._grown.wait_for(lambda: self.getvalue().count(text) >= times, timeout=20)


def program(name, code, *arguments, **options):
    return Program(name, (sys.executable, "-c", code, *arguments), dict(os.environ), **options)


def ended(descriptor):
    """Waits for the end of a process that is not our child, whether or not its parent has taken notice."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    try:
        return poll.poll(20_000)
    finally:
        os.close(descriptor)


@pytest.fixture
def screen():
    return Screen()


@pytest.fixture
def children(tmp_path, screen):
    record = Record(tmp_path)
    made = Children(Console(screen), record)
    yield made
    made.stop(made.names(), 0)


def test_output_is_prefixed_and_masked(children, screen):
    children.run(program("web", "print('hello'); print('call +911234567890'); print('Token ' + 'a' * 20)"))

    assert screen.getvalue() == "web      | hello\nweb      | call +***\nweb      | Token ***\n"


def test_a_death_is_told_in_one_line(children, screen):
    children.start(program("beat", WAIT_FOR_EVER))
    assert screen.seen("up")
    children.start(program("web", "raise SystemExit(3)"))

    with pytest.raises(DemoError) as death:
        children.watch(None)

    assert str(death.value) == "web ended unexpectedly (exit status 3)"


def test_a_killed_child_is_told_with_its_signal_and_log(children, tmp_path):
    log = tmp_path / "redis.log"
    child = children.start(program("redis", WAIT_FOR_EVER, log=log))
    os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(DemoError) as death:
        children.watch(None)

    assert str(death.value) == "redis ended unexpectedly (killed by SIGKILL); see .demo/redis.log"
    assert log.stat().st_mode & 0o777 == 0o600


def test_when_one_has_died_the_complaints_of_others_are_not_shown(screen):
    console = Console(screen)
    console.line("web", "before")
    console.hear_only("redis")
    console.line("web", "the broker is away")
    console.hear_only("web")
    console.line("redis", "last words")

    assert screen.getvalue() == "web      | before\nredis    | last words\n"


def test_who_ends_by_itself_tells_why_also_while_another_is_heard(children, screen):
    children._console.hear_only("redis")
    children.start(program("web", "import sys; print('Unrecoverable error'); sys.exit(1)"))

    with pytest.raises(ProcessDied):
        children.watch(None)

    assert screen.getvalue() == "web      | Unrecoverable error\n"


def test_complaints_that_nobody_heard_are_forgotten_when_all_are_heard_again(screen):
    console = Console(screen)
    console.hear_only("redis")
    console.line("web", "the broker is away")
    console.hear_all()
    console.line("web", "news")
    console.tell_unheard("web")

    assert screen.getvalue() == "web      | news\n"


def test_complaints_are_shown_again_when_the_dead_one_has_been_back_for_a_while(screen):
    now = [100.0]
    console = Console(screen, clock=lambda: now[0])
    console.hear_only("redis")
    console.hear_all(after_s=8.0)
    for now[0], text in ((107.9, "the broker is away"), (108.0, "news"), (108.1, "more news")):
        console.line("web", text)

    assert screen.getvalue() == "web      | news\nweb      | more news\n"


def test_a_task_that_fails_is_told_and_one_that_succeeds_is_forgotten(children):
    children.run(program("bap", "pass"))
    assert children.names() == []

    with pytest.raises(DemoError, match=r"^prepare failed \(exit status 4\)$"):
        children.run(program("prepare", "raise SystemExit(4)"), program("bap", "pass"))


def test_a_group_ends_before_the_next_is_asked(children, screen, tmp_path):
    notes = tmp_path / "notes"
    for name in ("postgres", "web", "worker"):
        children.start(program(name, NOTE_THE_END, str(notes), name))
    assert screen.seen("up", times=3)

    for name in ("worker", "web", "postgres"):
        children.stop([name], 20)

    assert notes.read_text() == "worker web postgres "
    assert children.names() == []


def test_what_does_not_end_in_time_is_killed(children, screen):
    child = children.start(program("worker", STUBBORN))
    assert screen.seen("up")

    children.stop(["worker"], 0.1)

    assert child.describe_end() == "killed by SIGKILL"


@linux_only
def test_what_a_child_started_ends_with_it(children, screen):
    code = (
        "import subprocess, sys, threading\n"
        f"subprocess.Popen([sys.executable, '-c', {WAIT_FOR_EVER!r}])\n"
        "threading.Event().wait()"
    )
    child = children.start(program("web", code))
    assert screen.seen("up")
    grandchild = os.pidfd_open(psutil.Process(child.pid).children()[0].pid)

    children.stop(["web"], 20)

    assert ended(grandchild)


def test_a_second_ctrl_c_does_not_wait(children, screen):
    child = children.start(program("worker", STUBBORN))
    assert screen.seen("up")
    children.request_stop(at_once=True)
    with pytest.raises(StopRequested):
        children.watch(None)
    begun = time.monotonic()
    threading.Thread(target=children.request_stop, kwargs={"at_once": True}).start()

    children.stop(["worker"], 60)

    assert child.describe_end() == "killed by SIGKILL"
    assert time.monotonic() - begun < 30


@linux_only
def test_a_killed_supervisor_leaves_nothing_running(tmp_path):
    code = (
        "import os, pathlib, sys\n"
        "from emsp.demo.console import Console\n"
        "from emsp.demo.leftovers import Record\n"
        "from emsp.demo.processes import Children, Program\n"
        f"children = Children(Console(), Record(pathlib.Path({str(tmp_path)!r})))\n"
        f"child = children.start(Program('web', (sys.executable, '-c', {WAIT_FOR_EVER!r}), dict(os.environ)))\n"
        "print('pid', child.pid, flush=True)\n"
        "children.watch(None)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    lines = sorted([parent.stdout.readline().strip(), parent.stdout.readline().strip()])
    child = os.pidfd_open(int(lines[0].removeprefix("pid ")))
    assert lines[1].endswith("| up")

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert ended(child)


def test_a_child_that_dies_is_started_again(children, screen):
    child = children.start(program("worker", WAIT_FOR_EVER))
    assert screen.seen("up")
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(ProcessDied) as death:
        children.watch(None)

    children.revive(death.value.name)

    assert screen.seen("up", 2)
    assert children.names() == ["worker"]


def test_a_demo_with_a_child_that_keeps_dying_says_one_line_a_death_and_ends_with_1(
    tmp_path, screen, monkeypatch
):
    def bring_up(folder, ports, console, children):
        children.start(program("web", WAIT_FOR_EVER))
        assert screen.seen("up")
        (folder / "world.json").write_text("{}")
        children.start(program("worker", "raise SystemExit(3)"))

    monkeypatch.setattr(supervisor, "_bring_up", bring_up)
    monkeypatch.setattr(supervisor.Ports, "check_free", lambda ports: None)

    status = supervisor.run(tmp_path / ".demo", Console(screen))

    assert status == 1
    again = "demo: worker ended unexpectedly (exit status 3); starting it again\n"
    assert (
        screen.getvalue()
        == "web      | up\n" + again * 6 + "demo: worker died 6 times within 60 s; stopping\n"
    )
    assert [file.name for file in (tmp_path / ".demo").iterdir()] == ["lock"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_demo_ends_with_0(tmp_path, screen, monkeypatch, number):
    notes = tmp_path / "notes"

    def bring_up(folder, ports, console, children):
        for name in ("postgres", "web", "worker"):
            children.start(program(name, NOTE_THE_END, str(notes), name, stop_signal=signal.SIGTERM))
        assert screen.seen("up", times=3)
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(supervisor, "_bring_up", bring_up)
    monkeypatch.setattr(supervisor.Ports, "check_free", lambda ports: None)

    status = supervisor.run(tmp_path / ".demo", Console(screen))

    assert status == 0
    assert notes.read_text() == "worker web postgres "
    assert screen.getvalue().endswith("demo: stopping\n")


def test_a_command_runs_beside_services_of_its_own_and_then_all_ends(tmp_path, screen, monkeypatch):
    def world(folder, ports, children):
        children.start(program("postgres", WAIT_FOR_EVER))
        return World(
            ports, keep_keys(folder), "postgresql://nobody@/emsp", "postgresql://nobody@/bap", "redis://"
        )

    monkeypatch.setattr(supervisor, "_world", world)
    folder = tmp_path / ".demo"

    status = supervisor.manage(folder, Console(screen), ["beckn_keys"])
    assert status == 0
    assert "beckn_keys| BECKN_SIGNING_PRIVATE_KEY=" in screen.getvalue()

    status = supervisor.manage(folder, Console(screen), ["no_such_command"])
    assert status == 1
    assert screen.getvalue().endswith("demo: no_such_command failed (exit status 1); stopping\n")

    assert sorted(file.name for file in folder.iterdir()) == ["keys.json", "lock"]
    assert not is_occupied(folder)
