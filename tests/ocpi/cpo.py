"""A CPO as our client sees it: the rows of its registration, and the envelopes in which it answers."""

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
