"""A newcomer starts the demo and charges a car; processes are killed in between, and nothing is lost or done twice."""

import json
import re
import socket
import subprocess
import sys
import threading
import uuid
from decimal import Decimal

import pytest

from beckn.walk.steps import Walk
from emsp.demo import apart
from tests.world.conftest import ROOT, free_base, plain_environment

DELHI = "28.631500,77.216700"


def search_message(gps=DELHI):
    circle = {"gps": gps, "radius": {"type": "CONSTANT", "value": "25", "unit": "km"}}
    return {"intent": {"fulfillment": {"type": "CHARGING", "stops": [{"location": {"circle": circle}}]}}}


def booked(app, steps):
    """A walk that has come to the terms, with the confirm message that would start it."""
    walk = Walk(app, lambda *told: steps.append(told[1]), gps=DELHI, radius_km=25, energy_kwh=Decimal(2))
    walk.search()
    quote = walk.ask("select", walk.order()).order["quote"]
    terms = walk.ask("init", walk.order(with_driver=True)).order
    return walk, walk.order(with_driver=True, quote=quote, payments=terms["payments"])


def at_once(count, call):
    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def starts(world):
    """Orders that were started more than once, as the database knows it."""
    code = (
        "from ocpi.models import Command; from collections import Counter; import json;"
        "print(json.dumps(Counter(Command.objects.filter(kind='START_SESSION').values_list('order_reference', flat=True))))"
    )
    return json.loads(world.manage("shell", "--no-imports", "-c", code).stdout.strip().splitlines()[-1])


def test_a_walk_ends_with_a_bill_that_equals_the_cdr(world):
    done = world.manage("walk", "--kwh", "2")

    assert done.returncode == 0, done.stderr
    for word in ("search", "select", "init", "confirm", "status", "COMPLETE", "equals the CDR"):
        assert word in done.stdout


def test_a_worker_killed_between_ack_and_callback_loses_nothing(world, app):
    ids = [str(uuid.uuid4()) for _ in range(12)]
    for number, message_id in enumerate(ids):
        told = app.post("search", app.body("search", search_message(), message_id=message_id))
        assert told["message"]["ack"]["status"] == "ACK"
        if number == 6:
            assert world.kill("celery --quiet -A emsp worker") >= 1

    for message_id in ids:
        app.wait(
            lambda c, wanted=message_id: c.body["context"]["message_id"] == wanted,
            60,
            f"on_search for {message_id}",
        )


def test_redis_killed_before_a_confirm_starts_the_car_once(world, app):
    walk, confirm = booked(app, [])
    port = world.said["redis_url"].rsplit(":", 1)[1].split("/")[0]
    assert world.kill(f"redis-server 127.0.0.1:{port}") == 1

    message_id = str(uuid.uuid4())
    told = app.post("confirm", app.body("confirm", confirm, message_id=message_id))
    assert told["message"]["ack"]["status"] == "ACK"

    found = app.wait(lambda c: c.action == "on_confirm", 60, "on_confirm")
    app.wait(lambda c: c.state in ("ACTIVE", "COMPLETED"), 60, "a running session")
    assert starts(world)[found.order["id"]] == 1
    walk.order_id = found.order["id"]
    walk.stop()


def test_twenty_copies_of_one_confirm_start_once(world, app):
    walk, confirm = booked(app, [])
    body = app.body("confirm", confirm, message_id=str(uuid.uuid4()))
    answers = []
    at_once(20, lambda: answers.append(app.post("confirm", body)["message"]["ack"]["status"]))

    found = app.wait(lambda c: c.action == "on_confirm", 30, "on_confirm")
    app.wait(lambda c: c.state in ("ACTIVE", "COMPLETED"), 60, "a running session")
    assert answers == ["ACK"] * 20
    assert starts(world)[found.order["id"]] == 1
    assert {callback.order["id"] for callback in app.received("on_confirm")} == {found.order["id"]}
    walk.order_id = found.order["id"]
    walk.stop()


def test_half_a_minute_of_chaos_keeps_every_promise():
    command = [sys.executable, "-m", "emsp.demo", "during", "chaos", "--minutes", "0.5", "--seed", "7"]
    environment = plain_environment() | {"PORT_BASE": str(free_base())}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    verdicts = [line.split()[-1] for line in done.stdout.splitlines() if line.endswith("kept") or " BROKEN " in line]
    assert verdicts == ["kept"] * 9


@pytest.mark.skipif(apart.why_not() is not None, reason=str(apart.why_not()))
def test_a_side_that_is_cut_off_loses_nothing_and_does_nothing_twice():
    """Two web servers and three workers on two network namespaces, one PostgreSQL, one Redis."""
    chaos = ["chaos", "--apart", "--minutes", "0.2", "--every", "1", "--seed", "1"]
    command = [sys.executable, "-m", "emsp.demo", "apart", *chaos]

    done = subprocess.run(command, cwd=ROOT, env=plain_environment(), capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert re.search(r"deeds: cut (a|b) \d", done.stdout)
    verdicts = [line.split()[-1] for line in done.stdout.splitlines() if line.endswith("kept") or " BROKEN " in line]
    assert verdicts == ["kept"] * 9


def test_what_a_silent_partner_costs_the_others_is_measured(world):
    done = world.manage("silence", "--seconds", "4", "--hang", "5")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.partition("  ")[0] for line in done.stdout.splitlines()] == [
        f"{when}: {what}" for when in ("all answer", "one operator silent", "one app silent")
        for what in ("search", "init")
    ]


def test_the_bench_measures_each_thing_beside_its_floor(world, tmp_path):
    told = tmp_path / "bench.json"
    done = world.manage(
        "bench", "search", "ack", "push", "order", "pull", "--locations", "200", "--seconds", "0.5", "--rounds", "1",
        "--concurrency", "2", "--json", str(told),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    rows = json.loads(told.read_text())["figures"]
    assert [row["name"] for row in rows] == [
        "search end to end, one at a time", "search end to end, 2 at once", "ACK, one at a time", "ACK, 2 at once",
        "EVSE status PATCH, one at a time", "EVSE status PATCH, 2 at once", "order, select to confirm, 2 at once",
        "pull of 200 locations",
    ]  # fmt: skip
    assert all(row["ratios"]["throughput"]["median"] > 0 and row["measured"][0]["failed"] == 0 for row in rows)
    searched, pushed = rows[0]["notes"], rows[4]["notes"]
    counted = searched["statements, ACK"], searched["statements, worker"], pushed["statements, push"]
    assert counted == (1, 3, 2)


def test_ctrl_c_ends_everything_and_shows_no_secret(world):
    said = world.said
    status = world.end()

    assert status == 0
    assert not (world.folder / "world.json").exists()
    for port in range(world.base, world.base + 3):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    output = "".join(world.output)
    _, _, stopping = output.partition("demo: stopping")  # a worker whose Redis was killed may have left one before
    assert stopping
    assert "Traceback" not in stopping
    for secret in (said["emsp"]["admin"]["password"], said["bap"]["signing_private_key"], "+910000000000"):
        assert secret not in output
