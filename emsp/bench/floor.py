"""The floor: what the machine itself needs for the parts of a search and a push, in one bare loop each."""

import threading
import time
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import Any

import psycopg
import urllib3
from nacl.signing import SigningKey

from beckn import signing
from emsp.bench import places
from emsp.bench.figures import Figures, figures
from emsp.bench.sink import Bap

NEAREST = """select id from catalog_offer
             where listed and point <@ box(point(%(west)s, %(south)s), point(%(east)s, %(north)s))
             order by point <-> point(%(x)s, %(y)s) limit 40"""


def timed(name: str, act: Callable[[], Any], seconds: float) -> Figures:
    """Run act over and over for `seconds`."""
    latencies, begun = [], time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        act()
        latencies.append(time.perf_counter() - now)
    return figures(name, latencies, time.perf_counter() - begun)


def floors(dsn: str, body: bytes, seconds: float) -> list[Figures]:
    """Verify and sign, the bare geographic query, the bare POST of `body` to a local sink, one durable UPDATE."""
    key = SigningKey.generate()
    header = signing.sign(
        body[:1000], subscriber_id="a", unique_key_id="k", private_key=key, now=int(time.time())
    )
    parsed, public = signing.parse(header), bytes(key.verify_key)

    def verify_and_sign() -> None:
        signing.verify(parsed, body[:1000], public, int(time.time()))
        signing.sign(body, subscriber_id="a", unique_key_id="k", private_key=key, now=int(time.time()))

    rows = [timed("floor: Ed25519 verify + sign", verify_and_sign, seconds)]
    with psycopg.connect(dsn, autocommit=True) as connection:
        latitude, longitude = places.point(5_050)
        area = {
            "west": longitude - places.STEP * 4, "east": longitude + places.STEP * 4, "south": latitude - places.STEP * 4,
            "north": latitude + places.STEP * 4, "x": longitude, "y": latitude,
        }  # fmt: skip
        rows.append(
            timed("floor: nearest 40 offers", lambda: connection.execute(NEAREST, area).fetchall(), seconds)
        )
        update = "update ocpi_evse set status = 'CHARGING' where id = (select min(id) from ocpi_evse)"
        rows.append(timed("floor: one durable UPDATE", lambda: connection.execute(update), seconds))
    rows.append(_posts(b'{"context":{"message_id":"x"},"pad":"' + body + b'"}', seconds))
    return rows


def _posts(body: bytes, seconds: float) -> Figures:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bap)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pool, url = urllib3.PoolManager(maxsize=1), f"http://127.0.0.1:{server.server_address[1]}/on_search"
    try:
        return timed(
            f"floor: POST of {len(body) // 1000} kB", lambda: pool.request("POST", url, body=body), seconds
        )
    finally:
        server.shutdown()
        server.server_close()
