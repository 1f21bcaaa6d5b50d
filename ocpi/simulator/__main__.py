"""`python -m ocpi.simulator`: the command line."""

import argparse
import logging
import math
import os
import secrets
import signal
import sys
import threading
from pathlib import Path

from ocpi.simulator import control
from ocpi.simulator.clock import WallClock
from ocpi.simulator.cpo import Cpo, Settings
from ocpi.simulator.feed import FeedError, load
from ocpi.simulator.journal import Journal
from ocpi.simulator.network import Party
from ocpi.simulator.server import Server
from ocpi.simulator.store import StateError

log = logging.getLogger("ocpi.simulator")

TOKEN_VARIABLE = "SIMULATOR_TOKEN_A"
DESCRIPTION = (
    "A charge point operator in a box: OCPI 2.2.1 with stations, tariffs, sessions, CDRs and faults."
)
EPILOG = f"""
examples:
  python -m ocpi.simulator
      60 stations in Delhi and Bengaluru on http://127.0.0.1:8002, state in .demo/simulator.json

  {TOKEN_VARIABLE}=… python -m ocpi.simulator --port 9002 --speed 300
      registration token from the environment; a real second is five simulated minutes

  python -m ocpi.simulator --locations locations.json --tariffs tariffs.json
      another operator's OCPI JSON in place of the generated stations

An eMSP registers at BASE_URL/ocpi/cpo/versions with token A. Without {TOKEN_VARIABLE} and --token-a one is made
at the first start; it stands in the state file as "token_a" and is not printed.

The page at BASE_URL shows what is going on. Everything else is done with /control:
  curl -s localhost:8002/control
  curl -s -H 'Content-Type: application/json' localhost:8002/control -d '{{"fault": {{"kind": "slow", "seconds": 3}}}}'

{(control.__doc__ or "").partition(chr(10) * 2)[2]}
kinds of fault ("times": how often; without it until reset):
  slow ("seconds"), 500, reset, 401, garbage    any request; "path": regular expression, or "command"
  bad_object                                    the first object of a list page is broken; "path"
  late_result ("seconds"), missing_result ("effect": false when the charge point does nothing either),
  repeated_result ("repeat"), negative_result ("result"), session_after_timeout ("seconds")
                                                the result of a command; "command"
"""


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit status: 1 when it cannot start."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s simulator: %(message)s", datefmt="%H:%M:%S")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        return _run(options, stop)
    except (FeedError, StateError) as error:
        sys.stderr.write(f"simulator: {error}\n")
    except OSError as error:
        where = f"{options.host}:{options.port}"
        sys.stderr.write(f"simulator: cannot listen on {where}: {error.strerror or error}\n")
    return 1


def _run(options: argparse.Namespace, stop: threading.Event) -> int:
    clock, journal = WallClock(), Journal()
    locations = load(options.locations) if options.locations else None
    tariffs = load(options.tariffs) if options.tariffs else None
    if locations is not None and not any(row.get("evses") for row in locations):
        raise FeedError(f"{options.locations}: no location has an EVSE")
    with Server(options.host, options.port, journal, clock) as server:
        settings = Settings(
            base_url=options.base_url or _own_url(options.host, server.server_port),
            party=_party(options, locations),
            name=options.name,
            token_a=options.token_a or "",
            speed=options.speed,
            state=options.state,
            locations=locations,
            tariffs=tariffs,
        )
        cpo = Cpo(settings, clock, journal)
        if not cpo.store.state.token_a:
            cpo.store.state.token_a = secrets.token_urlsafe(32)
        cpo.resume()
        server.answer = cpo.answer
        threading.Thread(target=server.serve_forever, daemon=True).start()
        log.info("ready: page %s, versions URL %s", settings.base_url, cpo.handshake.versions_url)
        stop.wait()
        server.shutdown()
    clock.stop()
    cpo.store.save()
    return 0


def _own_url(host: str, port: int) -> str:
    if host in ("0.0.0.0", "::", ""):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _party(options: argparse.Namespace, locations: list[dict[str, object]] | None) -> Party:
    """--country and --party, else the owner of the first location loaded, else IN SIM."""
    first = (locations or [{}])[0]
    country_code = options.country or str(first.get("country_code") or "IN")
    party_id = options.party or str(first.get("party_id") or "SIM")
    return Party(country_code.upper(), party_id)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ocpi.simulator",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8002, help="port to listen on (8002); 0: any free one")
    parser.add_argument("--base-url", type=_url, help="public address (http://HOST:PORT)")
    parser.add_argument(
        "--state", type=Path, default=Path(".demo/simulator.json"), help="file to remember in"
    )
    parser.add_argument(
        "--token-a",
        type=_token,
        default=os.environ.get(TOKEN_VARIABLE) or None,
        help=f"registration token; safer: {TOKEN_VARIABLE}",
    )
    parser.add_argument("--speed", type=_speed, default=60.0, help="simulated seconds per real second (60)")
    parser.add_argument("--locations", type=Path, help="OCPI locations (JSON) in place of the generated ones")
    parser.add_argument("--tariffs", type=Path, help="OCPI tariffs (JSON) in place of the generated ones")
    parser.add_argument("--country", type=_code(2), help="our country_code (IN, or that of --locations)")
    parser.add_argument("--party", type=_code(3), help="our party_id (SIM, or that of --locations)")
    parser.add_argument("--name", default="Simulated Charging", help="our business name")
    return parser


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError("begins with http:// or https://")
    return text.rstrip("/")


def _token(text: str) -> str:
    if not 0 < len(text) <= 64 or not all("!" <= letter <= "~" for letter in text):
        raise argparse.ArgumentTypeError("1 to 64 printable ASCII characters, no blanks")
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a number from 0 to 65535")
    return int(text)


def _speed(text: str) -> float:
    speed = float(text)
    if not math.isfinite(speed) or not 0 < speed <= control.FASTEST:
        raise argparse.ArgumentTypeError(f"above 0 and at most {control.FASTEST}")
    return speed


class _code:
    """An OCPI country_code or party_id of the right length, in upper case."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __call__(self, text: str) -> str:
        if len(text) != self.length or not text.isascii() or not text.isalnum():
            raise argparse.ArgumentTypeError(f"{self.length} letters or digits")
        return text.upper()


if __name__ == "__main__":
    sys.exit(main())
