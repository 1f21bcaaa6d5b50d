"""The measurements themselves, each in rounds beside its floor: search, ACK, status pushes, orders, a full pull."""

import base64
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from nacl.signing import SigningKey

from beckn import signing
from emsp.bench import cores, floor, places, seed
from emsp.bench.bap import push_headers
from emsp.bench.figures import Figures, Paired, figures
from emsp.bench.stack import ROOT, Stack, free_port, wait_ready
from emsp.core.wire import encode

BAP_ID, KEY_ID, TOKEN = "bap.bench.example", "bench-key", "token-of-the-bench"
WARM_UP_S = 2.0
MEMORY = "memory of web and workers in MB"
PULL = """import resource, subprocess, sys
done = subprocess.run([sys.executable, "manage.py", "ocpi_pull", "IN-BEN", "--full"], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("USED", used.ru_maxrss, used.ru_utime + used.ru_stime)
sys.exit(done.returncode)
"""


@dataclass
class Bench:
    """Everything that runs: the stack, the partners' ends and the bare application. Times in seconds."""

    stack: Stack
    locations: int
    rounds: int
    seconds: float
    measured: list[int] = field(default_factory=list)
    bare: list[int] = field(default_factory=list)
    bap: "subprocess.Popen[str] | None" = None
    bap_port: int = field(default_factory=free_port)
    bare_port: int = field(default_factory=free_port)
    cpo_port: int = field(default_factory=free_port)
    key: SigningKey = field(default_factory=SigningKey.generate)
    size: int = 0  # bytes of the last callback
    parts_ms: dict[str, float] = field(default_factory=dict)  # CPU time of one operation by part
    statements: dict[str, int] = field(default_factory=dict)  # of one request: "ACK", its "worker", "push"

    def search(self, concurrency: int) -> Iterator[Paired]:
        """Search end to end beside the joint floor, then its ACK beside the bare application's."""
        size = self._warm_up("search")
        pairs: dict[str, tuple[list[Figures], list[Figures]]] = {}
        for _ in range(self.rounds):
            least = self._floor(size, "floor: bare loop", lambda made: made.search)
            for at_once in sorted({1, concurrency}):
                floors, found = pairs.setdefault(_at_once("search end to end", at_once), ([], []))
                told = self.ask("search", at_once, self.stack.port, self.measured)
                floors.append(least)
                found.append(told["search"])
        notes = {"bytes of on_search": float(size), MEMORY: float(self._memory_mb())}
        notes |= self.parts_ms | self._statements("ACK", "worker")
        for name, (floors, found) in pairs.items():
            yield Paired(name, floors, found, notes)

    def ack(self, concurrency: int) -> Iterator[Paired]:
        """The ACK of a search that is answered meanwhile, beside verify and one durable insert on the same server."""
        self._warm_up("search")
        for at_once in sorted({1, concurrency}):
            pairs: tuple[list[Figures], list[Figures]] = ([], [])
            for _ in range(self.rounds):
                pairs[0].append(self.ask("ack", at_once, self.bare_port, self.bare)["ack"])
                pairs[1].append(self.ask("search", at_once, self.stack.port, self.measured)["ack"])
            yield Paired(_at_once("ACK", at_once), *pairs, self._statements("ACK"))

    def push(self, concurrency: int) -> Iterator[Paired]:
        """EVSE status PATCHes, beside one durable UPDATE in a bare WSGI application on the same server."""
        self._warm_up("push")
        for at_once in sorted({1, concurrency}):
            pairs: tuple[list[Figures], list[Figures]] = ([], [])
            for _ in range(self.rounds):
                pairs[0].append(self.ask("push", at_once, self.bare_port, self.bare)["push"])
                pairs[1].append(self.ask("push", at_once, self.stack.port, self.measured)["push"])
            yield Paired(_at_once("EVSE status PATCH", at_once), *pairs, self.parts_ms | self._statements("push"))

    def order(self, concurrency: int) -> Iterator[Paired]:
        """select, init and confirm of an order with the operator's answers, beside three joint floors of small answers."""
        self._warm_up("order")
        pairs: tuple[list[Figures], list[Figures]] = ([], [])
        for _ in range(self.rounds):
            pairs[0].append(self._floor(3_000, "floor: three bare loops", _three))
            pairs[1].append(self.ask("order", concurrency, self.stack.port, self.measured)["order"])
        yield Paired(_at_once("order, select to confirm", concurrency), *pairs)

    def pull(self) -> Iterator[Paired]:
        """A full pull into an empty mirror, beside fetching, decoding and COPY of the same pages."""
        base, floors, found, peaks_mb = f"http://127.0.0.1:{self.cpo_port}", [], [], []
        for _ in range(self.rounds):
            with self._opened(0) as made:
                begun, used_s = time.perf_counter(), self._cpu_s([])
                made.pages(base)
                floors.append(self._bulk("floor: decode and COPY", begun, self._cpu_s([]) - used_s))
                made.connection.execute("truncate ocpi_location, ocpi_syncstate cascade")
            row, peak_mb = self._pull_once()
            found.append(row)
            peaks_mb.append(peak_mb)
        yield Paired(f"pull of {self.locations} locations", floors, found, {"peak memory in MB": max(peaks_mb)})

    def ask(self, kind: str, concurrency: int, port: int, pids: list[int], seconds: float = 0) -> dict[str, Figures]:
        """Have the partners' end send for a while; figures by name. pids: whose CPU time is told. Raises RuntimeError."""
        if self.bap is None or self.bap.stdin is None or self.bap.stdout is None:
            raise RuntimeError("the partners' end is not started")
        task = self._task() | {
            "kind": kind, "port": port, "concurrency": concurrency, "seconds": seconds or self.seconds,
        }  # fmt: skip
        used_s, parts_s = self._cpu_s(pids), self._parts_s()
        self.bap.stdin.write(json.dumps(task) + "\n")
        self.bap.stdin.flush()
        told = json.loads(self.bap.stdout.readline())
        used_s = self._cpu_s(pids) - used_s
        if not told["latencies_s"]:
            raise RuntimeError(f"{kind}: nothing got through: {told['failure']}")
        self.size = int(told["size"])
        count = max(len(rows) for rows in told["latencies_s"].values())
        self.parts_ms = {
            f"CPU of {name} in ms": round((now_s - parts_s[name]) / count * 1000, 2)
            for name, now_s in self._parts_s().items()
        }
        return {
            name: replace(figures(name, latencies, told["seconds"], told["failed"]), cpu_s=used_s)
            for name, latencies in told["latencies_s"].items()
        }

    def count_statements(self) -> None:
        """Of one search and one push, in a process of its own, while no worker runs that would take the search from it."""
        task = self._task() | {"uri": f"http://127.0.0.1:{self.bap_port}/beckn"}
        self.statements = json.loads(self.stack.run("bench_statements", stdin=json.dumps(task)).stdout)

    def _task(self) -> dict[str, Any]:
        """What a sender needs to know of us; see emsp.bench.bap."""
        seed_b64 = base64.b64encode(bytes(self.key)).decode()
        return {"locations": self.locations, "token": TOKEN, "bap_id": BAP_ID, "key_id": KEY_ID, "seed": seed_b64}

    def _statements(self, *of: str) -> dict[str, float]:
        return {f"statements, {name}": float(self.statements[name]) for name in of}

    def _warm_up(self, kind: str) -> int:
        """Bytes of the last callback."""
        self.ask(kind, 4, self.stack.port, [], WARM_UP_S)
        return self.size

    def _floor(self, size: int, name: str, choose: Callable[[floor.Floor], Callable[[], None]]) -> Figures:
        with self._opened(size) as made:
            used_s = self._cpu_s([])
            row = floor.repeat(name, choose(made), self.seconds)
            return replace(row, cpu_s=self._cpu_s([]) - used_s)

    def _opened(self, size: int) -> floor.Floor:
        url = f"http://127.0.0.1:{self.bap_port}/beckn/on_search"
        return floor.Floor(self.stack.database_url, self.locations, url, size)

    def _cpu_s(self, pids: list[int]) -> float:
        """CPU time of these and of the servers; without pids, of this process and of the servers."""
        if not pids:
            return time.process_time() + cores.cpu_s(cores.with_children(self.stack.servers))
        return cores.cpu_s(cores.with_children([*pids, *self.stack.servers]))

    def _parts_s(self) -> dict[str, float]:
        """CPU time so far of each part of what is measured, in seconds."""
        groups = {"web": self.measured[:1], "workers": self.measured[1:], "servers": self.stack.servers}
        return {name: cores.cpu_s(cores.with_children(pids)) for name, pids in groups.items()}

    def _memory_mb(self) -> int:
        return cores.memory_mb(cores.with_children(self.measured))

    def _bulk(self, name: str, begun: float, used_s: float) -> Figures:
        return Figures(name, self.locations, time.perf_counter() - begun, cpu_s=used_s)

    def _pull_once(self) -> tuple[Figures, int]:
        begun, servers_s = time.perf_counter(), cores.cpu_s(cores.with_children(self.stack.servers))
        done = subprocess.run(
            [sys.executable, "-c", PULL], cwd=ROOT, env=self.stack.environment, capture_output=True, text=True
        )
        used = re.search(r"USED (\d+) ([\d.]+)", done.stdout)
        if done.returncode or used is None:
            raise RuntimeError(f"the pull failed: {done.stderr[-500:]}")
        servers_s = cores.cpu_s(cores.with_children(self.stack.servers)) - servers_s
        return self._bulk("pull", begun, float(used[2]) + servers_s), int(used[1]) // 1024


@contextlib.contextmanager
def prepared(stack: Stack, partners: set[int], *, locations: int, rounds: int, seconds: float) -> Iterator[Bench]:
    """The operator with one station, the app, the partners' ends on cores of their own; nothing is measured yet."""
    made = Bench(stack, locations, rounds, seconds)
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(floor.TABLES)
    with tempfile.NamedTemporaryFile(suffix=".json") as objects:
        Path(objects.name).write_bytes(encode({"tariff": places.tariff(), "location": places.location(places.MARK)}))
        stack.run("bench_seed", TOKEN, objects.name)
    stack.run("station_texts")
    stack.run("beckn_subscriber", "add", BAP_ID, "--url", f"http://127.0.0.1:{made.bap_port}/beckn", "--type", "BAP",
              "--key-id", KEY_ID, "--public-key", signing.public_key_text(made.key))  # fmt: skip
    stack.environment["BENCH_PUBLIC_KEY"] = signing.public_key_text(made.key)
    made.bap = stack.start("emsp.bench.bap", str(made.bap_port), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    lines = push_headers(TOKEN).replace("\r\n", "\\n")
    cpo = stack.start("emsp.bench.cpo", str(made.cpo_port), str(locations), lines)
    cores.pin([made.bap.pid, cpo.pid], partners)
    wait_ready(f"http://127.0.0.1:{made.cpo_port}/tariffs")
    _endpoints(stack, made.cpo_port)
    yield made


def fill(made: Bench, start: int = 0) -> None:
    """Copy the stations into the mirror, and start what is measured, if it does not run yet."""
    seed.copy_stations(made.stack.database_url, start, made.locations)
    if not made.measured:
        made.count_statements()
        made.bare = made.stack.serve("emsp.bench.bare:application", made.bare_port)
        wait_ready(f"http://127.0.0.1:{made.bare_port}/")
        cores.pin(cores.with_children(made.bare), made.stack.cores)
        made.measured = made.stack.start_all()


def _endpoints(stack: Stack, port: int) -> None:
    endpoints = [
        {"identifier": module, "role": role, "url": f"http://127.0.0.1:{port}/{module}"}
        for module, role in (("locations", "SENDER"), ("tariffs", "SENDER"), ("commands", "RECEIVER"))
    ]
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("update ocpi_connection set endpoints = %s", [json.dumps(endpoints)])


def _three(made: floor.Floor) -> Callable[[], None]:
    def three() -> None:
        for _ in range(3):
            made.search()

    return three


def _at_once(name: str, concurrency: int) -> str:
    return f"{name}, {'one at a time' if concurrency == 1 else f'{concurrency} at once'}"
