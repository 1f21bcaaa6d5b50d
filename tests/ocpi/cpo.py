"""A CPO as our client sees it: the rows of its registration, and the envelopes in which it answers."""

import json
from urllib.parse import parse_qsl, urlencode, urlsplit

from ocpi.models import Connection, Party

BASE = "https://cpo.example/ocpi/cpo/2.2.1"
VERSIONS = "https://cpo.example/ocpi/cpo/versions"
TOKEN = "c-token-that-nobody-may-read"
MODULES = {
    "locations": "SENDER", "tariffs": "SENDER", "sessions": "SENDER", "cdrs": "SENDER",
    "tokens": "RECEIVER", "commands": "RECEIVER",
}


def make_party(name="CPO", *, base=BASE, country_code="IN", party_id="CPO", **more):
    """A registered CPO of a connection of its own; `more` goes to the connection."""
    endpoints = [
        {"identifier": module, "role": role, "url": f"{base}/{module}"} for module, role in MODULES.items()
    ]
    connection = Connection.objects.create(
        **{"name": name, "status": "REGISTERED", "versions_url": VERSIONS, "endpoints": endpoints,
           "outgoing_token": TOKEN} | more
    )
    return Party.objects.create(
        connection=connection, country_code=country_code, party_id=party_id, name=name,
        provider_id=name.lower(),
    )


def envelope(data=None, code=1000, **more):
    """A response body; without data when there is none."""
    body = {"status_code": code, "status_message": "said", "timestamp": "2026-03-01T00:00:00Z"}
    return body | ({"data": data} if data is not None else {}) | more


class Listing:
    """A list of a sender module, served in pages of `size`; `asked` holds the queries that came.

    faults: answers as (status, headers, body) that go out first, one per request; None serves the page.
    """

    def __init__(self, network, module, objects, *, size=2, base=BASE, total=None, host="https://cpo.example"):
        self.objects, self.size, self.total = list(objects), size, total
        self.asked, self.faults = [], []
        self._path, self._host = f"{base}/{module}".removeprefix("https://cpo.example"), host
        network.add_callback("GET", f"{base}/{module}", self._answer)

    def _answer(self, request):
        query = dict(parse_qsl(urlsplit(request.url).query))
        self.asked.append(query)
        if self.faults and (fault := self.faults.pop(0)):
            return fault
        since = query.get("date_from", "")
        found = [row for row in self.objects if not since or row["last_updated"] >= since]
        offset = int(query.get("offset", 0))
        page = found[offset : offset + self.size]
        headers = {"X-Limit": str(self.size)}
        if self.total != "none":
            headers["X-Total-Count"] = str(len(found) if self.total is None else self.total)
        if offset + self.size < len(found):
            following = urlencode(query | {"offset": offset + self.size, "limit": self.size})
            headers["Link"] = f'<{self._host}{self._path}?{following}>; rel="next"'
        return 200, headers, json.dumps(envelope(page))


def location(name, *, last_updated="2026-03-01T10:00:00Z", evses=1, party_id="CPO", **more):
    """A Location object with AVAILABLE EVSEs of one connector each."""
    return {
        "country_code": "IN", "party_id": party_id, "id": name, "publish": True, "name": f"Station {name}",
        "address": "MG Road 1", "city": "Bengaluru", "country": "IND", "time_zone": "Asia/Kolkata",
        "coordinates": {"latitude": "12.971599", "longitude": "77.594566"}, "last_updated": last_updated,
        "evses": [
            {
                "uid": f"{name}-{number}", "status": "AVAILABLE", "last_updated": last_updated,
                "connectors": [{
                    "id": "1", "standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE",
                    "max_voltage": 230, "max_amperage": 32, "tariff_ids": ["T1"], "last_updated": last_updated,
                }],
            }
            for number in range(1, evses + 1)
        ],
    } | more


def tariff(name, *, last_updated="2026-03-01T10:00:00Z", price=18, **more):
    """A Tariff object with a price per kWh."""
    component = {"type": "ENERGY", "price": price, "step_size": 1}
    return {
        "country_code": "IN", "party_id": "CPO", "id": name, "currency": "INR",
        "elements": [{"price_components": [component]}], "last_updated": last_updated,
    } | more


def session(name, *, last_updated="2026-03-01T10:00:00Z", **more):
    """A Session object that is ACTIVE."""
    token = {"country_code": "IN", "party_id": "EMS", "uid": "ABC", "type": "APP_USER", "contract_id": "C1"}
    return {
        "country_code": "IN", "party_id": "CPO", "id": name, "start_date_time": "2026-03-01T09:00:00Z",
        "kwh": 1.5, "cdr_token": token, "auth_method": "COMMAND", "location_id": "L1", "evse_uid": "L1-1",
        "connector_id": "1", "currency": "INR", "status": "ACTIVE", "last_updated": last_updated,
    } | more
