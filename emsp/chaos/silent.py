"""Partners that take requests and never answer, an operator with one station and an app; and what they cost all others."""

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.utils import timezone

from beckn.walk.app import App
from beckn.walk.conversation import Conversation, WalkFailed
from beckn.walk.steps import Walk
from emsp.bench.figures import Figures, figures
from emsp.core import circuits
from emsp.core.wire import moment_text
from ocpi.models import Connection, ConnectionStatus, Party, TokenCopy
from ocpi.services import locations, tariffs, tokens

NAME, PLACE = "Silent CPO", "11.000000,70.000000"
MODULES = {"locations": "SENDER", "tariffs": "SENDER", "sessions": "SENDER", "cdrs": "SENDER",
           "tokens": "RECEIVER", "commands": "RECEIVER"}  # fmt: skip
COPIES = 20
ENERGY_KWH = Decimal(2)


@contextmanager
def silent_server(hang_s: float) -> Iterator[str]:
    """A server that takes every request and lets it hang for so long; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            over.wait(hang_s)
            self.close_connection = True

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    over = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        over.set()
        server.shutdown()
        server.server_close()


@contextmanager
def silent_operator(url: str) -> Iterator[None]:
    """A registered operator at this address: a station in the catalogue, tokens to be pushed, everything to be pulled."""
    endpoints = [{"identifier": name, "role": role, "url": f"{url}/{name}"} for name, role in MODULES.items()]
    values = {"status": ConnectionStatus.REGISTERED, "versions_url": f"{url}/versions", "endpoints": endpoints,
              "outgoing_token": "token-of-the-silent-operator"}  # fmt: skip
    connection, _ = Connection.objects.update_or_create(name=NAME, defaults=values)
    party, _ = Party.objects.update_or_create(
        connection=connection, country_code="IN", party_id="SIL",
        defaults={"name": NAME, "provider_id": "silent.example", "active": True},
    )  # fmt: skip
    now = timezone.now()
    tariffs.store_tariffs(party, [_tariff()], received_at=now)
    locations.store_locations(party, [_location()], received_at=now)
    for number in range(COPIES):
        token = tokens.driver_token(f"silent-{number}")
        TokenCopy.objects.update_or_create(token=token, connection=connection, defaults={"due_at": now})
    try:
        yield
    finally:
        Connection.objects.filter(pk=connection.pk).update(status=ConnectionStatus.UNREGISTERED)
        Party.objects.filter(pk=party.pk).update(active=False)
        circuits.close(connection.partner)


def _tariff() -> dict[str, Any]:
    return {
        "country_code": "IN", "party_id": "SIL", "id": "T-1", "currency": "INR", "last_updated": _now(),
        "elements": [{"price_components": [{"type": "ENERGY", "price": 18, "step_size": 1}]}],
    }  # fmt: skip


def _location() -> dict[str, Any]:
    latitude, longitude = PLACE.split(",")
    connector = {
        "id": "1", "standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE", "max_voltage": 230,
        "max_amperage": 32, "tariff_ids": ["T-1"], "last_updated": _now(),
    }  # fmt: skip
    evse = {"uid": "E-1", "status": "AVAILABLE", "connectors": [connector], "last_updated": _now()}
    return {
        "country_code": "IN", "party_id": "SIL", "id": "SILENT-1", "publish": True, "name": NAME, "address": "-",
        "city": "-", "country": "IND", "time_zone": "Asia/Kolkata", "last_updated": _now(), "evses": [evse],
        "coordinates": {"latitude": latitude, "longitude": longitude},
    }  # fmt: skip


def _now() -> str:
    return moment_text(datetime.now(UTC), milliseconds=True)


class Flood:
    """Sends one kind of request from one app again and again, in conversations of their own, and waits for no answer."""

    def __init__(self, app: App, action: str, message: dict[str, Any], *, per_s: float) -> None:
        self._app, self._action, self._message, self._pause_s = app, action, message, 1 / per_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Flood":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._over.wait(self._pause_s):
            number += 1
            conversation = Conversation(self._app.identity)
            body = conversation.body(self._action, self._message, message_id=f"{conversation.transaction_id}-1")
            with contextlib.suppress(WalkFailed):
                conversation.post(self._action, body)


def search_at(gps: str = "0.500000,80.500000") -> dict[str, Any]:
    """The message of a `search` within 1 km; by itself where nothing is, which costs little."""
    circle = {"gps": gps, "radius": {"type": "CONSTANT", "value": "1", "unit": "km"}}
    return {"intent": {"fulfillment": {"type": "CHARGING", "stops": [{"location": {"circle": circle}}]}}}


def order_at_the_silent_operator(app: App) -> dict[str, Any]:
    """The message of an `init` there."""
    walk = _walk(app.conversation(patience_s=0, answer_s=20), PLACE)
    walk.search()
    return walk.order(with_driver=True)


def others(
    name: str, app: App, places: list[str], *, seconds: float, searches_per_s: int, orders_per_s: int
) -> list[Figures]:
    """From request to callback, of drivers whose operator and app are well: searches, and `init` with its reservation."""
    found: list[Figures] = []
    kinds = [("search", _search, searches_per_s), ("init", _order, orders_per_s)]

    def measure(kind: str, one: Any, per_s: int) -> None:
        found.append(_steadily(f"{name}: {kind}", lambda: one(app, random.choice(places)), per_s, seconds))

    threads = [threading.Thread(target=measure, args=row) for row in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found, key=lambda row: row.name, reverse=True)


def _steadily(name: str, one: Callable[[], float], per_second: int, seconds: float) -> Figures:
    """Call `one` at a fixed rate, each call in a thread of its own, whether or not earlier ones have ended."""
    latencies: list[float] = []
    failures: list[RuntimeError] = []

    def call() -> None:
        try:
            latencies.append(one())
        except RuntimeError as error:
            failures.append(error)

    threads = []
    begun = time.perf_counter()
    for number in range(int(per_second * seconds)):
        time.sleep(max(0.0, begun + number / per_second - time.perf_counter()))
        threads.append(threading.Thread(target=call))
        threads[-1].start()
    for thread in threads:
        thread.join(30)
    if failures and not latencies:
        raise RuntimeError(f"{name}: nothing got through: {failures[0]}")
    return figures(name, latencies, time.perf_counter() - begun, failed=len(failures))


def _search(app: App, gps: str) -> float:
    begun, conversation = time.perf_counter(), app.conversation(patience_s=0, answer_s=60)
    _try(lambda: conversation.ask("search", search_at(gps)))
    return time.perf_counter() - begun


def _order(app: App, gps: str) -> float:
    """An order up to its reservation, which is given back; counted is `init` alone."""
    walk = _walk(app.conversation(patience_s=0, answer_s=60), gps)
    _try(walk.search)
    _try(lambda: walk.ask("select", walk.order()))
    begun = time.perf_counter()
    _try(lambda: walk.ask("init", walk.order(with_driver=True)))
    taken_s = time.perf_counter() - begun
    message = {"order_id": walk.app.transaction_id, "cancellation_reason_id": "5"}
    _try(lambda: walk.ask("cancel", message))
    return taken_s


def _try(call: Any) -> None:
    try:
        call()
    except WalkFailed as problem:
        raise RuntimeError(str(problem)) from None


def _walk(conversation: Conversation, gps: str) -> Walk:
    return Walk(conversation, lambda *told: None, gps=gps, radius_km=1, energy_kwh=ENERGY_KWH)
