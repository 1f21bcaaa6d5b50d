"""Where the demo's stations are, and where its simulated CPO is steered."""

from urllib.parse import urlsplit

from beckn.walk.app import LOOPBACK
from ocpi.models import Connection, Location

VERSIONS_PATH = "/ocpi/cpo/versions"


def places() -> list[str]:
    """`latitude,longitude` of every station."""
    points = Location.objects.values_list("latitude", "longitude")
    return [f"{latitude:.6f},{longitude:.6f}" for latitude, longitude in points]


def control_url() -> str:
    """The switchboard of the simulated CPO, which answers on loopback only."""
    versions_url = Connection.objects.get(versions_url__endswith=VERSIONS_PATH).versions_url
    parts = urlsplit(versions_url)
    return f"{parts.scheme}://{LOOPBACK}:{parts.port}/control"
