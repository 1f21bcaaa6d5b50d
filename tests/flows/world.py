"""The two ends of a flow: a CPO that answers commands and reports sessions, a driver's app that orders."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from emsp.core.crypto import token_hash
from emsp.core.wire import encode, moment_text
from ocpi.models import IncomingToken
from ocpi.services import locations, tariffs
from tests.ocpi.cpo import BASE, envelope, make_party

STAMP = "2026-03-01T08:00:00Z"
GPS = "12.971600,77.594600"
BILLING = {
    "name": "Test Driver",
    "address": "1 Test Road",
    "email": "driver@example.com",
    "phone": "+910000000001",
    "state": {"name": "Karnataka"},
    "city": {"name": "Bengaluru"},
}


def tariff(price="18", fee="10", **over):
    parts = [{"type": "ENERGY", "price": float(price), "step_size": 1}]
    if fee:
        parts.append({"type": "FLAT", "price": float(fee), "step_size": 1})
    made = {
        "country_code": "IN",
        "party_id": "CPO",
        "id": "T-1",
        "currency": "INR",
        "elements": [{"price_components": parts}],
        "last_updated": STAMP,
    }
    return made | over


def connector(number="1", **over):
    return {
        "id": number,
        "standard": "IEC_62196_T2_COMBO",
        "format": "CABLE",
        "power_type": "DC",
        "max_voltage": 500,
        "max_amperage": 60,
        "max_electric_power": 30000,
        "tariff_ids": ["T-1"],
        "last_updated": STAMP,
    } | over


def evse(uid="E-1", **over):
    return {
        "uid": uid,
        "evse_id": f"IN*CPO*{uid}",
        "status": "AVAILABLE",
        "connectors": [connector()],
        "capabilities": ["REMOTE_START_STOP_CAPABLE", "RESERVABLE"],
        "last_updated": STAMP,
    } | over


def location(**over):
    return {
        "country_code": "IN",
        "party_id": "CPO",
        "id": "LOC-1",
        "publish": True,
        "name": "Test Station",
        "address": "1 Road",
        "city": "Bengaluru",
        "country": "IND",
        "time_zone": "Asia/Kolkata",
        "coordinates": {"latitude": "12.971600", "longitude": "77.594600"},
        "evses": [evse()],
        "last_updated": STAMP,
    } | over


class Cpo:
    """A CPO of one station. Commands are ACCEPTED at once; the result comes when the test calls `result`."""

    def __init__(self, client, network, run_on_commit):
        self.client, self.network, self.run_on_commit = client, network, run_on_commit
        self.party = make_party("CPO", party_id="CPO")
        self.token = "token-of-the-cpo"
        IncomingToken.objects.create(
            connection=self.party.connection, token_hash=token_hash(self.token), kind="LIVE"
        )
        self.commands = []
        self.answers = {}
        self.evse_at_cpo = evse()
        now = timezone.now()
        tariffs.store_tariffs(self.party, [tariff()], received_at=now)
        locations.store_locations(self.party, [location()], received_at=now)
        for kind in ("RESERVE_NOW", "CANCEL_RESERVATION", "START_SESSION", "STOP_SESSION"):
            network.add_callback("POST", f"{BASE}/commands/{kind}", callback=self._command(kind))
        network.add_callback("GET", f"{BASE}/locations/LOC-1/E-1", callback=self._evse)

    def _command(self, kind):
        def answer(request):
            self.commands.append((kind, json.loads(request.body)))
            return (
                200,
                {},
                encode(self.answers.get(kind, envelope({"result": "ACCEPTED", "timeout": 30}))).decode(),
            )

        return answer

    def _evse(self, request):
        return 200, {}, json.dumps(envelope(self.evse_at_cpo))

    def bodies(self, kind):
        return [body for name, body in self.commands if name == kind]

    def call(self, method, path, body=None):
        """One request of the CPO; tasks woken by its commit have run when this returns."""
        url = path if path.startswith("http") else f"http://testserver/ocpi/emsp/2.2.1/{path}"
        headers = {"Authorization": "Token " + base64.b64encode(self.token.encode()).decode()}
        raw = encode(body) if body is not None else b""
        with self.run_on_commit(execute=True):
            return self.client.generic(
                method,
                url.removeprefix("http://testserver"),
                raw,
                content_type="application/json",
                headers=headers,
            )

    def result(self, kind, word="ACCEPTED"):
        """The CommandResult of the newest command of this kind."""
        answer = self.call("POST", self.bodies(kind)[-1]["response_url"], {"result": word})
        assert answer.status_code == 200, answer.content
        return answer

    def session(self, status="ACTIVE", kwh=0, **over):
        """PUT the session that START_SESSION led to."""
        start = self.bodies("START_SESSION")[-1]
        now = datetime.now(UTC)
        body = {
            "country_code": "IN",
            "party_id": "CPO",
            "id": "S-1",
            "start_date_time": moment_text(now),
            "kwh": kwh,
            "cdr_token": {
                n: start["token"][n] for n in ("country_code", "party_id", "uid", "type", "contract_id")
            },
            "auth_method": "COMMAND",
            "authorization_reference": start["authorization_reference"],
            "location_id": "LOC-1",
            "evse_uid": "E-1",
            "connector_id": "1",
            "currency": "INR",
            "status": status,
            "last_updated": moment_text(now, milliseconds=True),
        } | over
        answer = self.call("PUT", f"sessions/IN/CPO/{body['id']}", body)
        assert answer.status_code in (200, 201), answer.content
        return body

    def cdr(self, session, kwh=4.5, total=91.0, **over):
        """POST the CDR of a session: half an hour, one period."""
        begin = datetime.fromisoformat(session["start_date_time"])
        body = {
            "country_code": "IN",
            "party_id": "CPO",
            "id": "CDR-1",
            "session_id": session["id"],
            "start_date_time": session["start_date_time"],
            "end_date_time": moment_text(begin + timedelta(minutes=30)),
            "cdr_token": session["cdr_token"],
            "auth_method": "COMMAND",
            "authorization_reference": session["authorization_reference"],
            "cdr_location": {
                "id": "LOC-1",
                "address": "1 Road",
                "city": "Bengaluru",
                "country": "IND",
                "coordinates": {"latitude": "12.971600", "longitude": "77.594600"},
                "evse_uid": "E-1",
                "evse_id": "IN*CPO*E-1",
                "connector_id": "1",
                "connector_standard": "IEC_62196_T2_COMBO",
                "connector_format": "CABLE",
                "connector_power_type": "DC",
            },
            "currency": "INR",
            "tariffs": [tariff()],
            "charging_periods": [
                {
                    "start_date_time": session["start_date_time"],
                    "tariff_id": "T-1",
                    "dimensions": [{"type": "ENERGY", "volume": kwh}, {"type": "TIME", "volume": 0.5}],
                }
            ],
            "total_cost": {"excl_vat": total, "incl_vat": total},
            "total_energy": kwh,
            "total_time": 0.5,
            "last_updated": moment_text(datetime.now(UTC), milliseconds=True),
        } | over
        return self.call("POST", "cdrs", body)


class Driver:
    """An app that orders at the test station, and reads what comes back."""

    def __init__(self, bap, bap_server, cpo):
        self.bap, self.server, self.cpo = bap, bap_server, cpo
        self.transaction_id = str(uuid.uuid4())
        self.item = self.provider_id = self.order_id = None
        self.quote = {}

    # what came

    def last(self, action):
        """The newest callback of this action, as JSON."""
        found = [got for got in self.server.received if got.action == action]
        assert found, f"no {action}; came: {[got.action for got in self.server.received]}"
        return found[-1].body

    def count(self, action):
        return sum(got.action == action for got in self.server.received)

    # what is asked

    def ask(self, action, message=None, **context):
        answer = self.bap(action, message, **{"transaction_id": self.transaction_id} | context)
        assert answer.json() == {"message": {"ack": {"status": "ACK"}}}, answer.content
        return answer

    def search(self):
        circle = {"gps": GPS, "radius": {"type": "CONSTANT", "value": "2", "unit": "km"}}
        self.ask(
            "search",
            {"intent": {"fulfillment": {"type": "CHARGING", "stops": [{"location": {"circle": circle}}]}}},
        )
        found = self.last("on_search")
        for provider in found["message"]["catalog"]["providers"]:
            self.provider_id, self.item = provider["id"], provider["items"][0]
        return found

    def order(self, kwh="5", **over):
        item = {"id": self.item["id"]}
        if kwh:
            item["quantity"] = {"selected": {"measure": {"type": "CONSTANT", "value": kwh, "unit": "kWh"}}}
        return {
            "order": {
                "provider": {"id": self.provider_id},
                "items": [item],
                "fulfillments": [{"id": self.item["fulfillment_ids"][0]}],
            }
            | over
        }

    def select(self, kwh="5"):
        self.ask("select", self.order(kwh))
        found = self.last("on_select")
        self.quote = found["message"].get("order", {}).get("quote") or {}
        return found

    def init(self, kwh="5", word="ACCEPTED", **over):
        """init, with the charge point's answer to the reservation."""
        self.ask("init", self.order(kwh, billing=BILLING, **over))
        if word and self.cpo.bodies("RESERVE_NOW"):
            self.cpo.result("RESERVE_NOW", word)
        return self.last("on_init")

    def confirm_message(self, total=None, **over):
        price = {"currency": "INR", "value": total or self.quote["price"]["value"]}
        return self.order(billing=BILLING, quote={"price": price}, **over)

    def confirm(self, word="ACCEPTED", **over):
        """confirm, with the charge point's answer to the start."""
        self.ask("confirm", self.confirm_message(**over))
        if word and self.cpo.bodies("START_SESSION"):
            self.cpo.result("START_SESSION", word)
        found = self.last("on_confirm")
        self.order_id = found["message"]["order"].get("id")
        return found

    def book(self):
        self.search()
        self.select()
        return self.init()

    def charge(self):
        """From search to a running session; gives the session."""
        self.book()
        self.confirm()
        return self.cpo.session("ACTIVE")

    def update(self, code, **over):
        state = {"state": {"descriptor": {"code": code}}}
        self.ask(
            "update",
            {
                "update_target": "order.fulfillments[0].state",
                "order": {"id": self.order_id, "fulfillments": [state]},
            }
            | over,
        )

    def cancel(self, reason="5", **over):
        self.ask("cancel", {"order_id": self.order_id, "cancellation_reason_id": reason} | over)
        return self.last("on_cancel")


def state_of(message):
    return message["message"]["order"]["fulfillments"][0]["state"]["descriptor"]["code"]


def lines_of(message):
    return [
        (line["title"], line["price"]["value"]) for line in message["message"]["order"]["quote"]["breakup"]
    ]
