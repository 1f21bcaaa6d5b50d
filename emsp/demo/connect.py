"""Registers the simulated CPO and waits for its stations: `python -m emsp.demo.connect`, at each start."""

import base64
import io
import os
import sys
import time

import django
import requests
from django.core.management import CommandError, call_command

NAME = "Demo CPO"
STATIONS_S = 60.0
POLL_S = 0.3
TIMEOUT_S = 5.0


def registered(versions_url: str) -> bool:
    """Do both sides still know each other? Not after PORT_BASE or one side's data has changed."""
    from ocpi.models import Connection, ConnectionStatus

    connection = Connection.objects.filter(name=NAME, status=ConnectionStatus.REGISTERED).first()
    if connection is None or connection.versions_url != versions_url:
        return False
    token = base64.b64encode(connection.outgoing_token.encode()).decode()
    answer = requests.get(versions_url, headers={"Authorization": f"Token {token}"}, timeout=TIMEOUT_S)
    return answer.status_code == 200


def wait_for_stations() -> bool:
    """False when nothing can be searched after STATIONS_S seconds."""
    from catalog.models import Offer

    deadline = time.monotonic() + STATIONS_S
    while not Offer.objects.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def main() -> int:
    """Exit status: 0 when the CPO is registered, else 1 after one sentence."""
    django.setup()
    versions_url, token_a = os.environ["DEMO_CPO_VERSIONS_URL"], os.environ["DEMO_CPO_TOKEN_A"]
    try:
        if not registered(versions_url):
            arguments = {"name": NAME, "versions_url": versions_url, "token_a": token_a}
            call_command("ocpi_register", **arguments, stdout=io.StringIO())
    except (CommandError, requests.RequestException) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not wait_for_stations():
        sys.stderr.write(f"no station can be searched after {STATIONS_S:.0f} s; going on without\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
