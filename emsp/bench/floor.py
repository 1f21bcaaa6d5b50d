"""The floor: what the machine itself needs for the same work, in a bare loop of one process.

For a search that is the same Ed25519 verification, one durable insert, one indexed geographic query, the same bytes joined,
one BLAKE2b-512 with an Ed25519 signature, and one pooled POST.
"""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
import urllib3
from nacl.signing import SigningKey

from beckn import signing
from emsp.bench import places
from emsp.bench.figures import Figures, figures

TABLES = """
    create table bench_inbox (id bigserial primary key, message_id text, digest text, body bytea);
    create table bench_evse (id bigint primary key, status text not null);
    create table bench_pull_location (key text primary key, name text, point point, raw jsonb);
    create table bench_pull_evse (key text primary key, location text, status text, raw jsonb);
    create table bench_pull_connector (key text primary key, evse text, standard text, raw jsonb);
"""
INSERT = "insert into bench_inbox (message_id, digest, body) values (%s, %s, %s)"
UPDATE = "update bench_evse set status = case status when 'CHARGING' then 'AVAILABLE' else 'CHARGING' end where id = %s"
NEAREST = """select id, location_id from catalog_offer
             where listed and point <@ box(point(%(west)s, %(south)s), point(%(east)s, %(north)s))
             order by point <-> point(%(x)s, %(y)s) limit 80"""
PULLED = ("location (key, name, point, raw)", "evse (key, location, status, raw)", "connector (key, evse, standard, raw)")


def values(body: bytes) -> tuple[str, str, bytes]:
    """What INSERT keeps of a request."""
    return str(uuid.uuid4()), signing.digest(body), body


@dataclass
class Floor:
    """A loop over a connection and a pool of its own. body_bytes: size of the answer; url: where it is sent."""

    dsn: str
    locations: int
    url: str
    body_bytes: int

    def __enter__(self) -> "Floor":
        self.connection = psycopg.connect(self.dsn, autocommit=True)
        self.pool = urllib3.PoolManager(maxsize=1, retries=False)
        self.key, self.draw = SigningKey.generate(), random.Random(time.time_ns())
        self.request = b"{" + b"x" * 700 + b"}"
        self.header = signing.sign(
            self.request, subscriber_id="a", unique_key_id="k", private_key=self.key, now=int(time.time())
        )
        self.parts = [b"y" * (self.body_bytes // 20)] * 20
        return self

    def __exit__(self, *raised: object) -> None:
        self.connection.close()
        self.pool.clear()

    def search(self) -> None:
        """Everything that a search cannot do without, once."""
        now = int(time.time())
        signing.verify(signing.parse(self.header), self.request, bytes(self.key.verify_key), now)
        self.connection.execute(INSERT, values(self.request))
        latitude, longitude = places.centre(self.locations, self.draw)
        reach = places.STEP * 3
        self.connection.execute(NEAREST, {
            "west": longitude - reach, "east": longitude + reach, "south": latitude - reach, "north": latitude + reach,
            "x": longitude, "y": latitude,
        }).fetchall()  # fmt: skip
        body = b'{"context":{"message_id":"-"},"message":[' + b",".join(self.parts) + b"]}"
        signed = signing.sign(body, subscriber_id="a", unique_key_id="k", private_key=self.key, now=now)
        self.pool.request("POST", self.url, body=body, headers={"Authorization": signed})

    def pages(self, base: str) -> None:
        """Fetch, decode and COPY every page of an operator: one row for each location, EVSE and connector."""
        self.connection.execute("truncate bench_pull_location, bench_pull_evse, bench_pull_connector")
        url = f"{base}/locations?offset=0&limit=500"
        while url:
            answer = self.pool.request("GET", url)
            self._store(msgspec.json.decode(answer.data)["data"])
            url = answer.headers.get("Link", "").partition(">")[0].lstrip("<")

    def _store(self, locations: list[dict[str, Any]]) -> None:
        rows: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        for location in locations:
            evses, place = location.pop("evses"), location["coordinates"]
            point = f"({place['longitude']},{place['latitude']})"
            rows[0].append((location["id"], location["name"], point, msgspec.json.encode(location).decode()))
            for evse in evses:
                connectors = evse.pop("connectors")
                raw = msgspec.json.encode(evse).decode()
                rows[1].append((evse["uid"], location["id"], evse["status"], raw))
                for one in connectors:
                    raw = msgspec.json.encode(one).decode()
                    rows[2].append((f"{evse['uid']}/{one['id']}", evse["uid"], one["standard"], raw))
        with self.connection.transaction():
            for target, page in zip(PULLED, rows, strict=True):
                with self.connection.cursor().copy(f"copy bench_pull_{target} from stdin") as copy:
                    for row in page:
                        copy.write_row(row)


def repeat(name: str, act: Callable[[], Any], seconds: float) -> Figures:
    """Do it over and over for so many seconds."""
    latencies, begun = [], time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        act()
        latencies.append(time.perf_counter() - now)
    return figures(name, latencies, time.perf_counter() - begun)
