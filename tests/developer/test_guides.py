"""The programs of the guides are what they say: they sign, verify and order at the real doors."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from beckn import signing
from beckn.wire.v1_1_0 import callback_action
from emsp.core.wire import convert
from ocpi.wire.v2_2_1.cdrs import Cdr
from ocpi.wire.v2_2_1.tariffs import Tariff
from ocpi.wire.v2_2_1.trees import read_location
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.flows.conftest import cpo, driver, network  # noqa: F401 (fixtures)

DOCS = Path(settings.BASE_DIR) / "docs"


def blocks(name, language):
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / f"{name}.md").read_text(), re.DOTALL)


@pytest.fixture
def app(tmp_path, monkeypatch):
    """The names of beckn_app.py, run in a folder of its own with a key of its own."""
    monkeypatch.chdir(tmp_path)
    make_key, = blocks("connect-a-bap", "sh")
    program, = blocks("connect-a-bap", "python")
    exec(make_key.split('"')[1].replace("print(", "str("), {})  # noqa: S102  # our own guide
    ours = signing.load_private_key(settings.BECKN_SIGNING_PRIVATE_KEY)
    names = {"__name__": "guide"}
    exec(program, names)  # noqa: S102
    names |= {"BPP_KEY": signing.public_key_text(ours), "BPP_ID": settings.BECKN_SUBSCRIBER_ID}
    return names


@pytest.mark.django_db
def test_the_app_of_the_guide_orders(app, driver, cpo):  # noqa: F811
    seed = signing.load_private_key(Path("seed.txt").read_text())
    app |= {"ID": driver.bap.subscriber_id, "KEY_ID": "key-1", "URI": driver.bap.url}
    call_command(
        "beckn_subscriber", "add", app["ID"], "--url", app["URI"], "--type", "BAP", "--key-id", app["KEY_ID"],
        "--public-key", signing.public_key_text(seed),
    )  # fmt: skip

    def step(word, result=""):
        action = "update" if word == "stop" else word
        message = app["message_of"](action)
        if word == "search":
            message["intent"]["fulfillment"]["stops"][0]["location"]["circle"]["gps"] = "12.971600,77.594600"
        body = app["request"](action, message, driver.transaction_id)
        answer = driver.bap(action, raw=body, authorization=app["sign"](body))
        assert answer.json() == app["ACK"], answer.content
        if result:
            cpo.result(result)
        got = [each for each in driver.server.received if each.action == callback_action(action)][-1]
        assert app["verify"](got.headers["authorization"], got.raw)
        assert not app["verify"](got.headers["authorization"], got.raw + b" ")
        Path(f"{callback_action(action)}.json").write_bytes(got.raw)
        return got.body

    step("search")
    assert step("select")["message"]["order"]["quote"]["price"]["value"] == "100.00"
    step("init", "RESERVE_NOW")
    step("confirm", "START_SESSION")
    cpo.session("ACTIVE")
    assert step("status")["message"]["order"]["status"] == "ACTIVE"
    step("stop", "STOP_SESSION")
    assert [kind for kind, _ in cpo.commands] == ["RESERVE_NOW", "START_SESSION", "STOP_SESSION"]


def test_the_operator_of_the_guide_sends_what_the_types_ask_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tariff, location = map(json.loads, blocks("connect-a-cpo", "json"))
    Path("location.json").write_text(json.dumps(location))
    Path("tariff.json").write_text(json.dumps(tariff))
    operator = {"__name__": "guide"}
    exec(blocks("connect-a-cpo", "python")[0], operator)  # noqa: S102  # our own guide
    sent = []
    operator["call"] = lambda method, url, body, token=None: sent.append((method, url, body))
    token = {"country_code": "IN", "party_id": "EMS", "uid": "U", "type": "APP_USER", "contract_id": "C"}
    start = {"response_url": "https://emsp.example/r", "token": token, "authorization_reference": "ORDER-1",
             "location_id": "LOC-1", "evse_uid": "E-1"}  # fmt: skip

    operator["work"]("START_SESSION", start)
    session = next(iter(operator["SESSIONS"].values()))
    operator["SESSIONS"][session["id"]] = session | {"start_date_time": "2026-03-01T09:00:00Z"}
    operator["now"] = lambda: "2026-03-01T10:00:00Z"
    operator["work"]("STOP_SESSION", {"response_url": "https://emsp.example/r", "session_id": session["id"]})

    lost, findings = [], []
    read_location(location, lost, findings)
    assert (lost, findings) == ([], [])
    assert convert(tariff, Tariff).id == "T-1"
    assert [(method, url.rsplit("/", 2)[-2]) for method, url, _ in sent] == [
        ("POST", "emsp.example"), ("PUT", "BLU"), ("POST", "emsp.example"), ("PUT", "BLU"), ("POST", "2.2.1"),
    ]  # fmt: skip
    record = convert(sent[-1][2], Cdr, strict=False)
    assert (str(record.total_energy), record.total_cost.incl_vat, record.authorization_reference) == (
        "25.0", 531, "ORDER-1",
    )  # fmt: skip
