"""The measurements themselves: search end to end, status pushes, a full pull."""

import base64
import json
import random
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import urllib3
from nacl.signing import SigningKey

from beckn import signing
from emsp.bench import places
from emsp.bench.figures import Figures, figures
from emsp.bench.stack import ROOT, Stack, free_port
from emsp.core.wire import encode, moment_text

BAP_ID, KEY_ID, TOKEN = "bap.bench.example", "bench-key", "token-of-the-bench"
SETTLE_S = 10
PULL = """import resource, subprocess, sys
done = subprocess.run([sys.executable, "manage.py", "ocpi_pull", "IN-BEN", "--full"])
print("PEAK", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def search(stack: Stack, *, locations: int, per_second: int, seconds: float) -> list[Figures]:
    """Signed searches at a steady rate: ACK, and from sending to the arrival of on_search at the app."""
    port = free_port()
    stack.start("emsp.bench.sink", str(port), "bap")
    key = SigningKey.generate()
    url = f"http://127.0.0.1:{port}/beckn"
    stack.run("beckn_subscriber", "add", BAP_ID, "--url", url, "--type", "BAP", "--key-id", KEY_ID,
              "--public-key", signing.public_key_text(key))  # fmt: skip
    pool = urllib3.PoolManager(maxsize=32, retries=False)
    sent: dict[str, float] = {}

    def one(number: int) -> float:
        message_id, body = _search_body(stack, port, locations)
        headers = {"Content-Type": "application/json", "Authorization": signing.sign(
            body, subscriber_id=BAP_ID, unique_key_id=KEY_ID, private_key=key, now=int(time.time()))}  # fmt: skip
        sent[message_id] = time.time()
        begun = time.perf_counter()
        answer = pool.request(
            "POST", f"{stack.base_url}/beckn/search", body=body, headers=headers, timeout=20
        )
        if answer.status != 200:
            raise RuntimeError(f"search was answered {answer.status}: {answer.data[:200]!r}")
        return time.perf_counter() - begun

    acks = steadily("search: ACK", one, per_second, seconds)
    time.sleep(SETTLE_S)
    arrivals = json.loads(pool.request("GET", f"http://127.0.0.1:{port}/arrivals").data)
    latencies = [arrivals[message_id][0] - at for message_id, at in sent.items() if message_id in arrivals]
    size = sum(entry[1] for entry in arrivals.values()) // max(len(arrivals), 1)
    name = f"search: on_search of {size / 1000:.0f} kB"
    return [acks, figures(name, latencies, acks.seconds, failed=len(sent) - len(latencies))]


def _search_body(stack: Stack, port: int, locations: int) -> tuple[str, bytes]:
    latitude, longitude = places.point(random.randrange(locations))
    message_id = str(uuid.uuid4())
    circle = {
        "gps": f"{latitude:.6f},{longitude:.6f}",
        "radius": {"type": "CONSTANT", "value": "3.5", "unit": "km"},
    }
    context = {
        "domain": "ev-charging:beckn", "action": "search", "version": "1.1.0", "bap_id": BAP_ID,
        "bap_uri": f"http://127.0.0.1:{port}/beckn", "transaction_id": str(uuid.uuid4()), "message_id": message_id,
        "timestamp": moment_text(datetime.now(UTC), milliseconds=True), "ttl": "PT30S",
    }  # fmt: skip
    stops = [{"location": {"circle": circle}}]
    return message_id, encode(
        {"context": context, "message": {"intent": {"fulfillment": {"type": "CHARGING", "stops": stops}}}}
    )


def push(stack: Stack, *, locations: int, concurrency: int, seconds: float) -> Figures:
    """EVSE status PATCHes, as many as `concurrency` senders get through."""
    pool = urllib3.PoolManager(maxsize=concurrency, retries=False)
    headers = {
        "Content-Type": "application/json",
        "Authorization": "Token " + base64.b64encode(TOKEN.encode()).decode(),
    }

    def one(number: int) -> float:
        station = random.randrange(locations)
        stamp = moment_text(datetime.now(UTC), milliseconds=True)
        body = encode({"status": random.choice(("CHARGING", "AVAILABLE")), "last_updated": stamp})
        begun = time.perf_counter()
        url = f"{stack.base_url}/ocpi/emsp/2.2.1/locations/IN/BEN/L{station}/E{station}"
        answer = pool.request("PATCH", url, body=body, headers=headers, timeout=20)
        if answer.status != 200:
            raise RuntimeError(f"PATCH was answered {answer.status}: {answer.data[:200]!r}")
        return time.perf_counter() - begun

    return as_fast_as(f"push: EVSE status, {concurrency} at once", one, concurrency, seconds)


def pull(stack: Stack, *, locations: int) -> tuple[Figures, int]:
    """A full pull of so many locations from a sink; its figures, and the peak memory of the command in MB."""
    port = free_port()
    stack.start("emsp.bench.sink", str(port), "cpo", str(locations))
    endpoints = [
        {"identifier": module, "role": "SENDER", "url": f"http://127.0.0.1:{port}/{module}"}
        for module in ("locations", "tariffs")
    ]
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("update ocpi_connection set endpoints = %s", [json.dumps(endpoints)])
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PULL], cwd=ROOT, env=stack.environment, capture_output=True, text=True
    )
    seconds = time.perf_counter() - begun
    peak = re.search(r"PEAK (\d+)", done.stdout)
    if done.returncode or peak is None:
        raise RuntimeError(f"the pull failed: {done.stderr[-500:]}")
    return Figures(f"pull: {locations} locations", locations, seconds), int(peak[1]) // 1024


def steadily(name: str, one: Callable[[int], float], per_second: int, seconds: float) -> Figures:
    """Call `one` at a fixed rate, each call in a thread of its own, whether or not earlier ones have ended."""
    latencies: list[float] = []
    failures: list[Exception] = []
    threads = []
    begun = time.perf_counter()
    for number in range(int(per_second * seconds)):
        left = begun + number / per_second - time.perf_counter()
        if left > 0:
            time.sleep(left)
        threads.append(threading.Thread(target=_noted, args=(one, number, latencies, failures)))
        threads[-1].start()
    for thread in threads:
        thread.join(30)
    return _result(name, latencies, failures, time.perf_counter() - begun)


def as_fast_as(name: str, one: Callable[[int], float], concurrency: int, seconds: float) -> Figures:
    """Call `one` from `concurrency` threads, each as soon as its last call has ended."""
    latencies: list[float] = []
    failures: list[Exception] = []
    begun = time.perf_counter()

    def loop() -> None:
        number = 0
        while time.perf_counter() - begun < seconds:
            _noted(one, number, latencies, failures)
            number += 1

    threads = [threading.Thread(target=loop) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _result(name, latencies, failures, time.perf_counter() - begun)


def _noted(one: Callable[[int], float], number: int, latencies: list[float], failures: list[Any]) -> None:
    try:
        latencies.append(one(number))
    except (RuntimeError, urllib3.exceptions.HTTPError) as error:
        failures.append(error)


def _result(name: str, latencies: list[float], failures: list[Any], seconds: float) -> Figures:
    if failures and not latencies:
        raise RuntimeError(f"{name}: nothing got through: {failures[0]}")
    return figures(name, latencies, seconds, failed=len(failures))
