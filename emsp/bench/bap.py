"""A process of its own: apps and an operator's pushes. Sends as many at once as it is told, and takes callbacks.

python -m emsp.bench.bap PORT    reads one task per line as JSON, and writes one line of figures for each

A task is {"kind", "port" of what is measured, "locations", "concurrency", "seconds", "bap_id", "key_id", "seed", "token"}.
Figures are {"seconds", "size" in bytes of a callback, "latencies_s": {name: [...]}, "failed", "failure"}.
"""

import base64
import json
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from nacl.signing import SigningKey

from beckn import signing
from emsp.bench import places
from emsp.bench.http import Client, Line, Server
from emsp.core.wire import encode, load_json, moment_text

ACK = b'{"message":{"ack":{"status":"ACK"}}}'
PATIENCE_S = 30
START = b'"message_id":"'


class Failed(RuntimeError):
    """What was measured answered otherwise than it should."""


@dataclass
class Awaited:
    """A callback that a sender waits for."""

    event: threading.Event = field(default_factory=threading.Event)
    arrived: float = 0.0
    body: bytes = b""


class Callbacks:
    """Takes every callback, and gives it to who waits for its message_id."""

    def __init__(self) -> None:
        self.awaited: dict[bytes, Awaited] = {}

    def take(self, method: str, path: str, body: bytes) -> tuple[bytes, bytes]:
        """Acknowledge one."""
        now = time.perf_counter()
        start = body.find(START) + len(START)
        entry = self.awaited.pop(body[start : body.index(b'"', start)], None)
        if entry is not None:
            entry.arrived, entry.body = now, body
            entry.event.set()
        return b"", ACK


class Sender:
    """One app or operator, one after the other. Each method measures once and gives latencies in seconds by name."""

    def __init__(self, task: dict[str, Any], callbacks: Callbacks, uri: str, number: int, line: Line) -> None:
        self.task, self.callbacks, self.uri, self.line = task, callbacks, uri, line
        self.draw = random.Random(time.time_ns() + number)
        self.key = SigningKey(base64.b64decode(task["seed"]))
        self.size = 0

    def search(self) -> dict[str, float]:
        """ACK, and from sending to the arrival of on_search."""
        latitude, longitude = places.centre(self.task["locations"], self.draw)
        acked_s, answered_s, _ = self._ask("search", str(uuid.uuid4()), _around(latitude, longitude, places.RADIUS_KM))
        return {"ack": acked_s, "search": answered_s}

    def ack(self) -> dict[str, float]:
        """A signed search to the bare application, which keeps it and says ACK."""
        latitude, longitude = places.centre(self.task["locations"], self.draw)
        acked_s, _ = self._send("search", str(uuid.uuid4()), _around(latitude, longitude, places.RADIUS_KM))
        return {"ack": acked_s}

    def push(self, status: str = "") -> dict[str, float]:
        """An EVSE's status; one of two by chance when none is named."""
        station = self.draw.randrange(self.task["locations"])
        stamp = moment_text(datetime.now(UTC), milliseconds=True)
        body = encode({"status": status or self.draw.choice(("CHARGING", "AVAILABLE")), "last_updated": stamp})
        path = f"/ocpi/emsp/2.2.1/locations/IN/BEN/L{station:07d}/E{station:07d}A"
        begun = time.perf_counter()
        code, answer = self.line.send("PATCH", path, body, push_headers(self.task["token"]))
        if code != 200:
            raise Failed(f"PATCH was answered {code}: {answer[:200]!r}")
        return {"push": time.perf_counter() - begun}

    def order(self) -> dict[str, float]:
        """search for the item, then select, init and confirm of one order, with the operator's answers."""
        transaction_id, free = str(uuid.uuid4()), list[Any]()
        while not free:  # pushes before this may have left all chargers of a station busy
            latitude, longitude = places.point(self.draw.randrange(self.task["locations"]))
            _, _, found = self._ask("search", transaction_id, _around(latitude, longitude, "0.1"))
            provider = found["catalog"]["providers"][0]
            free = [item for item in provider["items"] if _is_free(item)]
        item = free[0]
        measure = {"type": "CONSTANT", "value": "8", "unit": "kWh"}
        order: dict[str, Any] = {
            "provider": {"id": provider["id"]}, "fulfillments": [{"id": item["fulfillment_ids"][0]}],
            "items": [{"id": item["id"], "quantity": {"selected": {"measure": measure}}}],
        }  # fmt: skip
        taken: dict[str, float] = {}
        _, taken["select"], told = self._ask("select", transaction_id, {"order": order})
        order["quote"] = {"id": told["order"]["quote"]["id"], "price": told["order"]["quote"]["price"]}
        order["billing"] = {"name": "Bench", "phone": f"+91{self.draw.randrange(10**10):010d}"}
        _, taken["init"], told = self._ask("init", transaction_id, {"order": order})
        order["payments"] = told["order"].get("payments")
        _, taken["confirm"], _ = self._ask("confirm", transaction_id, {"order": order})
        return taken | {"order": sum(taken.values())}

    def _ask(self, action: str, transaction_id: str, message: dict[str, Any]) -> tuple[float, float, Any]:
        awaited, message_id = Awaited(), str(uuid.uuid4())
        self.callbacks.awaited[message_id.encode()] = awaited
        acked_s, begun = self._send(action, transaction_id, message, message_id)
        if not awaited.event.wait(PATIENCE_S):
            raise Failed(f"no on_{action} came within {PATIENCE_S} s")
        self.size = len(awaited.body)
        told = None if action == "search" and self.task["kind"] == "search" else _message(awaited.body)
        return acked_s, awaited.arrived - begun, told

    def _send(
        self, action: str, transaction_id: str, message: dict[str, Any], message_id: str = ""
    ) -> tuple[float, float]:
        """Seconds to the ACK, and when it was sent."""
        context = {
            "domain": "ev-charging:beckn", "action": action, "version": "1.1.0", "bap_id": self.task["bap_id"],
            "bap_uri": self.uri, "transaction_id": transaction_id, "message_id": message_id or str(uuid.uuid4()),
            "timestamp": moment_text(datetime.now(UTC), milliseconds=True), "ttl": "PT30S",
        }  # fmt: skip
        body = encode({"context": context, "message": message})
        signed = signing.sign(
            body, subscriber_id=self.task["bap_id"], unique_key_id=self.task["key_id"], private_key=self.key,
            now=int(time.time()),
        )  # fmt: skip
        begun = time.perf_counter()
        status, answer = self.line.send("POST", f"/beckn/{action}", body, f"Authorization: {signed}\r\n")
        if status != 200:
            raise Failed(f"{action} was answered {status}: {answer[:200]!r}")
        return time.perf_counter() - begun, begun


def _is_free(item: dict[str, Any]) -> bool:
    told = {tag["descriptor"]["code"]: tag["value"] for tag in item["tags"][0]["list"]}
    return bool(told["status"] == "Available")


def _around(latitude: Decimal, longitude: Decimal, radius_km: str) -> dict[str, Any]:
    """The message of a search."""
    gps = f"{latitude:.6f},{longitude:.6f}"
    circle = {"gps": gps, "radius": {"type": "CONSTANT", "value": radius_km, "unit": "km"}}
    return {"intent": {"fulfillment": {"type": "CHARGING", "stops": [{"location": {"circle": circle}}]}}}


def push_headers(token: str) -> str:
    """The headers of an operator that pushes, as lines."""
    return f"Authorization: Token {base64.b64encode(token.encode()).decode()}\r\n"


def _message(body: bytes) -> Any:
    told = load_json(body)
    if "error" in told:
        raise Failed(f"{told['context']['action']} tells {told['error']}")
    return told["message"]


def measure(task: dict[str, Any], callbacks: Callbacks, uri: str) -> dict[str, Any]:
    """Run `concurrency` senders at once for so many seconds."""
    latencies: dict[str, list[float]] = {}
    failures: list[str] = []
    lines = [Client(task["port"]) for _ in range(task["concurrency"])]
    senders = [Sender(task, callbacks, uri, number, line) for number, line in enumerate(lines)]
    begun = time.perf_counter()

    def loop(one: Callable[[], dict[str, float]]) -> None:
        while time.perf_counter() - begun < task["seconds"] and len(failures) < 100:
            try:
                for name, seconds in one().items():
                    latencies.setdefault(name, []).append(seconds)
            except (Failed, OSError, IndexError, KeyError) as error:
                failures.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=loop, args=(getattr(sender, task["kind"]),)) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    for line in lines:
        line.close()
    size = max(sender.size for sender in senders)
    return {
        "seconds": seconds, "size": size, "latencies_s": latencies, "failed": len(failures),
        "failure": failures[0] if failures else "",
    }  # fmt: skip


def main() -> None:
    port, callbacks = int(sys.argv[1]), Callbacks()
    server = Server(port, callbacks.take)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for line in sys.stdin:
        found = measure(json.loads(line), callbacks, f"http://127.0.0.1:{port}/beckn")
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
