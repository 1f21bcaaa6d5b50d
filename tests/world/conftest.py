"""One demo for all tests of this folder, in a folder and on ports of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from beckn import signing
from beckn.walk.app import App

ROOT = Path(__file__).resolve().parent.parent.parent
START = """import sys
from pathlib import Path
from emsp.demo import supervisor
from emsp.demo.console import Console
sys.exit(supervisor.run(Path(sys.argv[1]), Console()))
"""
FOREIGN = (
    "DATABASE_URL",
    "REDIS_URL",
    "BASE_URL",
    "SECRET_KEY",
    "FIELD_ENCRYPTION_KEYS",
    "SANDBOX",
    "DJANGO_SETTINGS_MODULE",
)


def free_base():
    """A port with nine free ones above it."""
    for base in range(31_000, 39_000, 20):
        try:
            for port in range(base, base + 10):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise RuntimeError("no free ports")


def plain_environment():
    names = {name for name in os.environ if name.startswith(("BECKN_", "OCPI_", "COV_"))} | set(FOREIGN)
    return {name: value for name, value in os.environ.items() if name not in names}


class World:
    """A running demo."""

    def __init__(self, folder):
        self.folder = folder
        self.base = free_base()
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(folder)], cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            env=plain_environment() | {"PORT_BASE": str(self.base)},
        )  # fmt: skip
        self.output = []
        self.read_until("demo: ready")

    def read_until(self, text):
        """Follow the demo's output up to a line with this text."""
        for line in self.process.stdout:
            self.output.append(line)
            if text in line:
                return
        raise AssertionError("the demo ended: " + "".join(self.output[-20:]))

    @property
    def said(self):
        return json.loads((self.folder / "world.json").read_text())

    def environment(self):
        lines = (self.folder / "env").read_text().splitlines()
        return plain_environment() | dict(line.split("=", 1) for line in lines)

    def manage(self, *arguments):
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(), capture_output=True, text=True, check=False
        )

    def kill(self, word):
        """SIGKILL the demo's own processes whose command line holds this word; gives how many."""
        ours = self.said["emsp"]["base_url"].encode(), str(self.folder).encode()
        mine = 0
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environment = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if word in command and (any(mark in environment for mark in ours) or word.startswith("redis-server ")):
                os.kill(int(entry.name), signal.SIGKILL)
                mine += 1
        return mine

    def app(self):
        """A driver's app that this world trusts."""
        emsp = self.said["emsp"]
        key = signing.load_public_key(emsp["signing_public_key"])
        app = App(
            "walk.emsp.example", bpp_id=emsp["bpp_id"], bpp_uri=emsp["bpp_uri"], bpp_public_key=key,
            domain="ev-charging:beckn",
        )  # fmt: skip
        who = app.identity
        done = self.manage(
            "beckn_subscriber", "add", who.subscriber_id, "--url", who.uri, "--type", "BAP",
            "--key-id", who.key_id, "--public-key", signing.public_key_text(who.key),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return app

    def end(self):
        os.killpg(self.process.pid, signal.SIGINT)
        self.output += self.process.stdout.readlines()
        return self.process.wait(30)


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("world") / ".demo")
    yield made
    if made.process.poll() is None:
        made.end()


@pytest.fixture
def app(world):
    made = world.app()
    yield made
    made.close()
