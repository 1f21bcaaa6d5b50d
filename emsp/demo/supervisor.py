"""The life of a demo: what starts after what, what is waited for, and how it ends."""

import http.client
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

from emsp.demo import apart, programs, services
from emsp.demo.console import Console
from emsp.demo.errors import DemoError, ProcessDied, StopRequested
from emsp.demo.folder import occupied
from emsp.demo.keys import keep_keys
from emsp.demo.leftovers import Record, end_leftovers
from emsp.demo.ports import HOST, Ports
from emsp.demo.processes import Children
from emsp.demo.world import World, withdraw

READY_S = 120.0
POLL_S = 0.2

# Who stops last, and for how long each group may take; 17 s together, of the 20 that design.md §8 allows.
WORKERS_STOP_S = 7.0
LAST_STOPS: list[tuple[tuple[str, ...], float]] = [
    (("web", "web-a", "web-b", "balancer", "bap", "simulator", "payments"), 5.0),
    (("redis", "postgres"), 5.0),
]


def run(folder: Path, console: Console) -> int:
    """Start everything in `folder`, stay until Ctrl-C, stop everything. Returns the exit status.

    Raises DemoError when it cannot start, or when a process cannot be kept alive.
    """
    ports = Ports.read(os.environ.get("PORT_BASE"))

    def live(children: Children) -> NoReturn:
        _bring_up(folder, ports, console, children)
        _stay(console, children)

    with _cleared(folder, console):
        ports.check_free()
        return _supervise(folder, console, live)


def manage(folder: Path, console: Console, arguments: Sequence[str]) -> int:
    """Run `manage.py ARGUMENTS` beside PostgreSQL and Redis only, started for it. Returns the exit status."""
    ports = Ports.read(os.environ.get("PORT_BASE"))

    def work(children: Children) -> None:
        children.run(programs.manage(_world(folder, ports, children), arguments))

    with _cleared(folder, console):
        return _supervise(folder, console, work)


def during(folder: Path, console: Console, arguments: Sequence[str], *, is_apart: bool = False) -> int:
    """Start everything, run `manage.py ARGUMENTS` beside it, stop everything. Returns the exit status.

    is_apart: web and workers on other network namespaces (emsp.demo.apart), which must be laid already.
    The command is told the folder in DEMO_FOLDER. Raises DemoError as run() does.
    """
    ports = Ports.read(os.environ.get("PORT_BASE"), apart.HUB if is_apart else HOST)

    def work(children: Children) -> None:
        world = _bring_up(folder, ports, console, children)
        program = programs.manage(world, arguments)
        told = {**program.environment, "DEMO_FOLDER": str(folder)}
        task = children.begin(replace(program, environment=told))
        while not task.ended.is_set():
            _keep_alive(console, children)
        children.finish(task)

    with _cleared(folder, console):
        ports.check_free()
        return _supervise(folder, console, work)


@contextmanager
def _cleared(folder: Path, console: Console) -> Iterator[None]:
    """Hold the folder, with nothing in it any more that an earlier demo left running."""
    with occupied(folder):
        withdraw(folder)
        for name in end_leftovers(folder):
            console.say(f"demo: ended {name}, left behind by an earlier demo")
        yield


def _supervise(folder: Path, console: Console, work: Callable[[Children], None]) -> int:
    """Do the work until it is done, fails or is to be stopped; end all children. Returns the exit status."""
    record = Record(folder)
    children = Children(console, record)
    with _stop_on_signals(children):
        try:
            work(children)
            return 0
        except StopRequested:
            console.say("demo: stopping")
            return 0
        except DemoError as error:
            console.say(f"demo: {error}; stopping")
            return 1
        finally:
            withdraw(folder)
            _take_down(children)
            record.clear()


def _stay(console: Console, children: Children) -> NoReturn:
    """Run until Ctrl-C. A process that dies is started again; one that keeps dying ends the demo."""
    while True:
        _keep_alive(console, children)


def _keep_alive(console: Console, children: Children) -> None:
    try:
        children.watch(None)
    except ProcessDied as death:
        console.say(f"demo: {death}; starting it again")
        children.revive(death.name)


def _bring_up(folder: Path, ports: Ports, console: Console, children: Children) -> World:
    begun = time.monotonic()
    console.say("demo: PostgreSQL and Redis")
    world = _world(folder, ports, children)
    console.say("demo: databases and seeds")
    children.run(programs.prepare(world), programs.prepare_bap(world))
    console.say("demo: eMSP, workers, CPO simulator and reference BAP")
    for program in programs.serving(world) if ports.host == HOST else apart.serving(world):
        children.start(program)
    children.start(programs.simulator(world, folder))
    children.start(programs.bap(world))
    children.start(programs.payments(world, folder))
    children.start(programs.beat(world))
    _wait_until_served("web", world.emsp_url, "/health/ready", children)
    _wait_until_served("bap", world.bap_url, "/", children)
    _wait_until_served("simulator", world.versions_url, "", children, statuses=(200, 401))
    _wait_until_served("payments", world.payments_url, "/", children)
    console.say("demo: stations of the simulated CPO")
    children.run(programs.connect(world))
    world.announce(folder)
    _tell(world, console, time.monotonic() - begun)
    return world


def _world(folder: Path, ports: Ports, children: Children) -> World:
    """Keys, databases and broker: what the processes are told."""
    keys = keep_keys(folder)
    given, plain = os.environ, programs.plain_environment()
    if given.get("DATABASE_URL"):
        urls = given["DATABASE_URL"], given.get("BAP_DATABASE_URL", "")
        databases = services.use_postgresql(*urls, children)
    else:
        network = None if ports.host == HOST else (ports.host, apart.NETWORK)
        databases = services.start_postgresql(folder, children, plain, network=network)
    if given.get("REDIS_URL"):
        redis_url = services.use_redis(given["REDIS_URL"], children)
    else:
        redis_url = services.start_redis(folder, ports, keys.redis_password, children, plain)
    metrics = folder / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)  # the figures of processes that are gone
    return World(ports, keys, *databases, redis_url, str(metrics.resolve()))


def _wait_until_served(
    name: str, url: str, path: str, children: Children, statuses: tuple[int, ...] = (200,)
) -> None:
    """Wait until a server answers with one of `statuses`. Raises DemoError after READY_S seconds."""
    deadline = time.monotonic() + READY_S
    answer = "no answer"
    while time.monotonic() < deadline:
        parts = urlsplit(url + path)
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
        try:
            connection.request("GET", parts.path)
            status = connection.getresponse().status
            if status in statuses:
                return
            answer = f"HTTP {status}"
        except (OSError, http.client.HTTPException):
            answer = "no answer"
        finally:
            connection.close()
        children.watch(POLL_S)
    raise DemoError(f"{name} is not ready after {READY_S:.0f} s: {url}{path} gives {answer}")


def _take_down(children: Children) -> None:
    last = {name for names, _ in LAST_STOPS for name in names}
    children.stop([name for name in children.names() if name not in last], WORKERS_STOP_S)
    for names, within_s in LAST_STOPS:
        children.stop(names, within_s)


@contextmanager
def _stop_on_signals(children: Children) -> Iterator[None]:
    """The first signal asks for an orderly end; a second Ctrl-C does not wait for it.

    Only Ctrl-C: make passes SIGTERM on to us, so that one `kill` of the process group arrives twice.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        children.request_stop(at_once=number == signal.SIGINT)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(world: World, console: Console, seconds: float) -> None:
    rows = [
        ("Charge a car", f"{world.bap_url}/"),
        ("Back office", f"{world.emsp_url}/admin/ ({world.keys.admin_user}; password in .demo/world.json)"),
        ("Beckn BPP", f"{world.emsp_url}/beckn"),
        ("OCPI eMSP", f"{world.emsp_url}/ocpi/emsp/versions"),
        ("Simulated CPO", world.versions_url),
        ("Payments", f"{world.payments_url}/"),
    ]
    console.say(f"demo: ready after {seconds:.0f} s; Ctrl-C stops everything\n")
    for name, address in rows:
        console.say(f"  {name:<14}{address}")
    console.say()
