"""The processes of the demo: command lines and environments."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from emsp.demo.ports import HOST
from emsp.demo.processes import Program
from emsp.demo.world import CHOICES, ELSEWHERE, World

# Of the environment of whoever starts the demo, nothing that would make it another demo.
FOREIGN = frozenset({
    "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "MAKEFLAGS", "MFLAGS", "MAKELEVEL",
    "DJANGO_SETTINGS_MODULE", "DATABASE_URL", "BAP_DATABASE_URL", "REDIS_URL",
    "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEBUG", "BECKN_URI", "BECKN_SUBSCRIPTION_PENDING", "PAYMENT_GATEWAY",
    "PROMETHEUS_MULTIPROC_DIR", "METRICS_PORT",
    "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSERVICE", "PGDATA", "PGOPTIONS",
})  # fmt: skip

# Warnings that are meant for production: being root, and static files that nobody has collected.
EXPECTED = ("ignore::UserWarning:celery.platforms", "ignore:No directory at:UserWarning")

# Celery's: that we are root, here on purpose; and what its next major version will do when a broker goes away.
QUIET = "ignore::RuntimeWarning:celery.platforms,ignore::PendingDeprecationWarning"

# Threads: what waits for a peer keeps no core busy. Two cores are shared with all the others.
WEB_PROCESSES = 2
WEB_THREADS = 256  # most of them wait for bodies: emsp.wsgi says how many work
BAP_THREADS = 256  # for bodies as above, and for live pages: beckn.bap.wsgi, beckn.bap.streams
WORKERS = {  # name: queues, threads
    "worker": ("beckn,default", 12),  # what apps wait for
    "commands": ("ocpi", 8),  # what charge points wait for
    "pulls": ("pulls", 2),  # slow and patient: in a process of its own, so that it delays nobody
}


def plain_environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What every child gets: the given environment without names that mean something to the project."""
    ours = {name for name in given if name in FOREIGN or name in CHOICES or name in ELSEWHERE}
    kept = {name: value for name, value in given.items() if name not in ours}
    direct = ",".join(filter(None, [given.get("NO_PROXY") or given.get("no_proxy"), HOST, "localhost"]))
    return kept | {
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": ",".join(EXPECTED),
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def emsp_environment(world: World) -> dict[str, str]:
    """Environment of the eMSP's own processes."""
    return (
        plain_environment()
        | world.environment()
        | {
            "DJANGO_SETTINGS_MODULE": "emsp.settings.main",
            "SKIP_CHECKS": "1",  # Celery's switch: prepare.py has checked the settings once for all
        }
    )


def prepare(world: World) -> Program:
    """Migrates the eMSP's database and seeds it: the back office's user, trust in the reference BAP."""
    keys = world.keys
    return Program("prepare", _python("emsp.demo.prepare"), emsp_environment(world) | {
        "DEMO_ADMIN_USER": keys.admin_user,
        "DEMO_ADMIN_PASSWORD": keys.admin_password,
        "DEMO_BAP_ID": keys.bap_id,
        "DEMO_BAP_URI": f"{world.bap_url}/beckn",
        "DEMO_BAP_KEY_ID": keys.bap_key_id,
        "DEMO_BAP_PUBLIC_KEY": keys.bap_public_key,
    })  # fmt: skip


def prepare_bap(world: World) -> Program:
    """Migrates the reference BAP's database."""
    command = _python("django", "migrate", "--settings", "beckn.bap.settings", "--verbosity", "0")
    return Program("bap", command, bap_environment(world))


def connect(world: World) -> Program:
    """Registers the simulated CPO and waits for its stations."""
    environment = emsp_environment(world) | {
        "DEMO_CPO_VERSIONS_URL": world.versions_url,
        "DEMO_CPO_TOKEN_A": world.token_a,
    }
    return Program("connect", _python("emsp.demo.connect"), environment)


def manage(world: World, arguments: Sequence[str]) -> Program:
    """One management command with the demo's database and keys."""
    return Program(arguments[0], (sys.executable, "manage.py", *arguments), emsp_environment(world))


def serving(world: World) -> list[Program]:
    """What takes requests and works: the web server, and Celery's workers, one process for each kind of haste."""
    web_server = web(world, world.ports.host, world.ports.emsp)
    return [web_server, *(worker(world, name, queues, threads) for name, (queues, threads) in WORKERS.items())]


def web(world: World, host: str, port: int, *, processes: int = WEB_PROCESSES) -> Program:
    """The eMSP's web server, listening there."""
    command = _granian("emsp.wsgi:application", host, port, processes, WEB_THREADS)
    return Program("web", command, emsp_environment(world))


def worker(world: World, name: str, queues: str, threads: int) -> Program:
    """A worker of Celery. queues: their names, comma separated."""
    command = _celery(
        "worker", "-n", f"{name}@%h", "-Q", queues, "-P", "threads", "-c", str(threads),
        "--without-gossip", "--without-mingle",
    )  # fmt: skip
    return Program(name, command, emsp_environment(world))


def balancer(world: World, targets: Sequence[str]) -> Program:
    """In front of web servers elsewhere, at the eMSP's address. targets: `host:port` each."""
    where = ("--host", world.ports.host, "--port", str(world.ports.emsp))
    return Program("balancer", _python("emsp.demo.balancer", *where, *targets), plain_environment())


def beat(world: World) -> Program:
    """The clock that wakes the sweepers. It keeps no file: intervals of seconds need no memory."""
    return Program(
        "beat", _celery("beat", "-S", "celery.beat:Scheduler", "--pidfile="), emsp_environment(world)
    )


def simulator(world: World, folder: Path) -> Program:
    """The simulated CPO."""
    state = str(folder / "simulator.json")
    # elsewhere than on loopback it listens there too, where alone it takes orders
    host = HOST if world.ports.host == HOST else "0.0.0.0"
    where = ("--host", host, "--port", str(world.ports.cpo), "--base-url", world.cpo_url)
    command = _python("ocpi.simulator", *where, "--state", state)
    environment = plain_environment() | {"SIMULATOR_TOKEN_A": world.token_a}
    return Program("simulator", command, environment)


def payments(world: World, folder: Path) -> Program:
    """The sandbox payment gateway."""
    command = _python(
        "sessions.payments.sandbox", "--host", world.ports.host, "--port", str(world.ports.payments),
        "--notify", f"{world.emsp_url}/payments/notify", "--state", str(folder / "payments.json"),
    )  # fmt: skip
    return Program("payments", command, plain_environment() | {"PAYMENT_SANDBOX_KEY": world.keys.payment_key})


def bap(world: World) -> Program:
    """The reference BAP's web server."""
    command = _granian("beckn.bap.wsgi:application", world.ports.host, world.ports.bap, 1, BAP_THREADS)
    return Program("bap", command, bap_environment(world))


def bap_environment(world: World) -> dict[str, str]:
    """Environment of the reference BAP: its own keys, and of the eMSP what a registry would tell."""
    keys = world.keys
    return plain_environment() | {
        "DJANGO_SETTINGS_MODULE": "beckn.bap.settings",
        "SECRET_KEY": keys.bap_secret_key,
        "BAP_DATABASE_URL": world.bap_database_url,
        "BAP_ID": keys.bap_id,
        "BAP_URI": f"{world.bap_url}/beckn",
        "BAP_UNIQUE_KEY_ID": keys.bap_key_id,
        "BAP_SIGNING_PRIVATE_KEY": keys.bap_signing_key,
        "BPP_ID": keys.bpp_id,
        "BPP_URI": f"{world.emsp_url}/beckn",
        "BPP_PUBLIC_KEY": keys.bpp_public_key,
        "BPP_UNIQUE_KEY_ID": keys.bpp_key_id,
    }


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _granian(application: str, host: str, port: int, processes: int, threads: int) -> tuple[str, ...]:
    return _python(
        "granian", "--interface", "wsgi", application, "--host", host, "--port", str(port),
        "--http", "1", "--no-ws", "--workers", str(processes), "--blocking-threads", str(threads),
        "--workers-kill-timeout", "4", "--no-access-log", "--log-level", "error",
    )  # fmt: skip


def _celery(*arguments: str) -> tuple[str, ...]:
    return _python("celery", "--quiet", "-A", "emsp", *arguments, "-l", "WARNING")
