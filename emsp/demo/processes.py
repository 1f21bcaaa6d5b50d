"""Child processes of the demo: started, watched, and stopped in order.

Each leads a session of its own, so that Ctrl-C reaches the supervisor alone, which decides who ends when. On
Linux the kernel ends them when the supervisor is killed; elsewhere the next start does (leftovers.py).
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from emsp.demo.console import Console
from emsp.demo.errors import DemoError, ProcessDied, StopRequested
from emsp.demo.leftovers import Record

LAUNCH = str(Path(__file__).with_name("launch.py"))
SERVICE_BACK_S = 8.0  # until all have a connection again to a service, which logs to a file of its own
DRAIN_S = 1.0  # for the last lines of a child that has ended
MOST_REVIVALS = 5
REVIVALS_WITHIN_S = 60.0


@dataclass(frozen=True)
class Program:
    """What to run and how to end it.

    user: name to run as when we are root. log: file for its output, when that is not for the console.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    kill_signal: signal.Signals = signal.SIGKILL
    user: str = ""
    log: Path | None = None


class Child:
    """A running Program. `ended` is set once its status is known."""

    def __init__(
        self, program: Program, console: Console, ends: "SimpleQueue[Child | None]", *, task: bool
    ) -> None:
        self.program = program
        self.ended = threading.Event()
        self.status = 0
        self.may_end = task  # or because it was asked to
        self._console = console
        self._ends = ends
        self._process = self._spawn()
        self._pump = threading.Thread(target=self._forward, daemon=True)
        self._pump.start()
        threading.Thread(target=self._wait, daemon=True).start()

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process itself; none when it has ended."""
        self.may_end = True
        if not self.ended.is_set():
            self._process.send_signal(number)

    def kill(self) -> None:
        """End the process and what it has started, at once."""
        self.signal(self.program.kill_signal)
        if self.program.kill_signal == signal.SIGKILL:
            self._kill_group()

    def join(self, deadline: float) -> bool:
        """Wait until `deadline` (time.monotonic) for the end, of descendants too. False: it still runs."""
        if not self.ended.wait(max(0.0, deadline - time.monotonic())):
            return False
        self._kill_group()
        self._pump.join(DRAIN_S)
        return True

    def describe_end(self) -> str:
        """Status of the ended process in words."""
        if self.status >= 0:
            return f"exit status {self.status}"
        try:
            return f"killed by {signal.Signals(-self.status).name}"
        except ValueError:
            return f"killed by signal {-self.status}"

    def _spawn(self) -> "subprocess.Popen[bytes]":
        program = self.program
        end_with_us = (str(os.getpid()), str(program.stop_signal.value))
        launch = [sys.executable, "-I", "-S", LAUNCH, *end_with_us, program.user]
        if program.log is None:
            return self._popen(launch, subprocess.PIPE)
        with open(os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            return self._popen(launch, log.fileno())

    def _popen(self, launch: list[str], out: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [*launch, *self.program.command],
            env=dict(self.program.environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _forward(self) -> None:
        for line in self._process.stdout or ():
            self._console.line(self.name, line.decode("utf-8", "replace").rstrip())

    def _wait(self) -> None:
        self.status = self._process.wait()
        if not self.may_end:
            self._console.hear_only(self.name)
        self.ended.set()
        self._ends.put(self)

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


class Children:
    """All children of one supervisor, started from its main thread: the kernel binds their life to it."""

    def __init__(self, console: Console, record: Record) -> None:
        self._console = console
        self._record = record
        self._children: dict[str, Child] = {}
        self._ends: SimpleQueue[Child | None] = SimpleQueue()
        self._stopping = False
        self._revived: dict[str, list[float]] = {}

    def start(self, program: Program) -> Child:
        """Start a process that should run until it is stopped."""
        return self._start(program, task=False)

    def run(self, *programs: Program) -> None:
        """Run programs beside each other to their end. Raises DemoError when one fails."""
        tasks = [self.begin(program) for program in programs]
        while not all(task.ended.is_set() for task in tasks):
            self.watch(None)
        for task in tasks:
            self.finish(task)

    def begin(self, program: Program) -> Child:
        """Start a process that ends by itself; watch() returns when it has."""
        return self._start(program, task=True)

    def finish(self, task: Child) -> None:
        """Take leave of a task that has ended. Raises DemoError when it failed."""
        task.join(time.monotonic() + DRAIN_S)
        if task.status:
            raise DemoError(f"{task.name} failed ({task.describe_end()})")
        del self._children[task.name]

    def watch(self, timeout_s: float | None) -> None:
        """Wait up to timeout_s (None: for ever), at most until the next task has ended.

        Raises StopRequested after request_stop, ProcessDied when a process ended that should run.
        """
        try:
            child = self._ends.get(timeout=timeout_s)
        except Empty:
            return
        if child is None:
            raise StopRequested
        if not child.may_end:
            child.join(time.monotonic() + DRAIN_S)
            if child.status > 0:
                self._console.tell_unheard(child.name)
            where = f"; see .demo/{child.program.log.name}" if child.program.log else ""
            raise ProcessDied(child.name, f"{child.name} ended unexpectedly ({child.describe_end()}){where}")

    def revive(self, name: str) -> None:
        """Start a process again that has died: what it had not finished stands in rows, and goes on.

        Raises DemoError when it died MOST_REVIVALS times within REVIVALS_WITHIN_S seconds: then it is broken.
        """
        now = time.monotonic()
        recent = [at for at in self._revived.get(name, []) if now - at < REVIVALS_WITHIN_S]
        if len(recent) >= MOST_REVIVALS:
            raise DemoError(f"{name} died {MOST_REVIVALS + 1} times within {REVIVALS_WITHIN_S:.0f} s")
        self._revived[name] = [*recent, now]
        program = self._children[name].program
        self._console.hear_all(after_s=SERVICE_BACK_S if program.log else 0.0)
        self._start(program, task=False)

    def request_stop(self, *, at_once: bool = False) -> None:
        """End everything; safe in a signal handler. at_once: do not wait for orderly ends."""
        if at_once and self._stopping:
            for child in list(self._children.values()):
                child.kill()
        elif not self._stopping:
            self._stopping = True
            self._ends.put(None)

    def stop(self, names: Iterable[str], within_s: float) -> None:
        """Ask these to end, together; after within_s seconds kill those that still run."""
        self._stopping = True
        children = [self._children[name] for name in names if name in self._children]
        for child in children:
            child.signal(child.program.stop_signal)
        deadline = time.monotonic() + within_s
        for child in [child for child in children if not child.join(deadline)]:
            child.kill()
            child.join(time.monotonic() + within_s)
        for child in children:
            del self._children[child.name]

    def names(self) -> list[str]:
        """Those that have not been stopped yet."""
        return list(self._children)

    def _start(self, program: Program, *, task: bool) -> Child:
        child = Child(program, self._console, self._ends, task=task)
        self._children[program.name] = child
        self._record.add(program.name, child.pid, program.stop_signal)
        return child
