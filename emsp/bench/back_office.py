"""Pages of the back office over a database full of requests and orders."""

import json
import time
from typing import Any

import urllib3

from emsp.bench.figures import Figures, figures
from emsp.bench.stack import Stack

WARM_UP = 3  # loads that are not counted


def pages(stack: Stack, *, requests: int, orders: int, loads: int) -> tuple[list[Figures], list[str]]:
    """Latencies of whole page loads over HTTP, one after the other, and a note with the number of queries of each."""
    begun = time.perf_counter()
    told = json.loads(
        stack.run("bench_pages", "--requests", str(requests), "--orders", str(orders)).stdout.splitlines()[-1]
    )
    seconds = time.perf_counter() - begun
    rows = [Figures(f"admin: {requests} requests copied, counted", requests, seconds)]
    rows += [_loads(stack, page, told["session"], loads) for page in told["pages"]]
    return rows, [f"queries of {page['name']}: {page['queries']}" for page in told["pages"]]


def _loads(stack: Stack, page: dict[str, Any], session: str, loads: int) -> Figures:
    pool = urllib3.PoolManager(maxsize=1, retries=False)
    latencies, started = [], time.perf_counter()
    for number in range(WARM_UP + loads):
        begun = time.perf_counter()
        answer = pool.request(
            "GET",
            stack.base_url + page["path"],
            headers={"Cookie": f"sessionid={session}"},
            redirect=False,
            timeout=30,
        )
        if answer.status != 200:
            raise RuntimeError(f"{page['name']} was answered {answer.status}")
        if number >= WARM_UP:
            latencies.append(time.perf_counter() - begun)
    return figures(f"admin: {page['name']}", latencies, time.perf_counter() - started)
