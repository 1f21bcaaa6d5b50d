"""The demo on three network namespaces, as if on three machines: the services on one, web and workers on two others.

The first is the namespace of the command itself, made anew, so that addresses and ports are nobody else's and all of it is
gone when the command ends. The others hang on it by a link each, which can be cut. Linux only, as root.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import replace

from emsp.demo import programs
from emsp.demo.errors import DemoError
from emsp.demo.processes import Program
from emsp.demo.world import World

HUB = "198.18.0.1"  # a network for tests of network devices, RFC 2544
NETWORK = "198.18.0.0/24"
SIDES = {"a": "198.18.0.2", "b": "198.18.0.3"}
WEB_PORT = 8000
WORKERS = {  # name: side, queues, threads; each side can do without the other, but for pulls
    "worker-a": ("a", "beckn,default,ocpi", 12),
    "worker-b": ("b", "beckn,default,ocpi", 12),
    "pulls-b": ("b", "pulls", 2),
}
INSIDE = "EMSP_APART"
# In front of a command: in a network namespace of its own, where the names of others are its own too.
NAMES = 'mkdir -p /run/netns && mount -t tmpfs none /run/netns && exec "$@"'
ANEW = ["unshare", "--net", "--mount", "sh", "-c", NAMES, "sh"]


def why_not() -> str | None:
    """Why namespaces cannot be made here; None when they can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if os.geteuid() != 0:
        return "network namespaces can be made by root only"
    for tool in ("unshare", "ip"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed (packages util-linux and iproute2)"
    tried = subprocess.run([*ANEW, "ip", "netns", "add", "try"], capture_output=True, check=False)
    return None if tried.returncode == 0 else "this machine lets nobody make network namespaces"


def enter() -> None:
    """Run this very command again in a network namespace of its own, unless it is there already, and lay the links.

    Raises DemoError where that cannot be.
    """
    if os.environ.get(INSIDE) != "1":
        if reason := why_not():
            raise DemoError(reason)
        command = [*ANEW, sys.executable, "-m", "emsp.demo", *sys.argv[1:]]
        os.execvpe(command[0], command, os.environ | {INSIDE: "1"})
    _ip("link", "set", "lo", "up")
    _ip("link", "add", "hub", "type", "bridge")
    _ip("addr", "add", f"{HUB}/24", "dev", "hub")
    _ip("link", "set", "hub", "up")
    for side, address in SIDES.items():
        _ip("netns", "add", side)
        _ip("link", "add", _link(side), "type", "veth", "peer", "name", "eth0", "netns", side)
        _ip("link", "set", _link(side), "master", "hub", "up")
        _ip("-n", side, "addr", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", side, "link", "set", "eth0", "up")
        _ip("-n", side, "link", "set", "lo", "up")


def cut(side: str) -> None:
    """No packet passes between a side and the others any more; nobody is told."""
    _ip("link", "set", _link(side), "down")


def mend(side: str) -> None:
    """Packets pass again."""
    _ip("link", "set", _link(side), "up")


def serving(world: World) -> list[Program]:
    """Two web servers and three workers on the two sides, and the balancer in front of the web servers."""
    webs = [
        _on(side, replace(programs.web(world, "0.0.0.0", WEB_PORT, processes=1), name=f"web-{side}")) for side in SIDES
    ]
    workers = [
        _on(side, programs.worker(world, name, queues, threads)) for name, (side, queues, threads) in WORKERS.items()
    ]
    targets = [f"{address}:{WEB_PORT}" for address in SIDES.values()]
    return [*webs, *workers, programs.balancer(world, targets)]


def _on(side: str, program: Program) -> Program:
    return replace(program, command=("ip", "netns", "exec", side, *program.command))


def _link(side: str) -> str:
    return f"to-{side}"


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise DemoError(f"ip {' '.join(words)}: {done.stderr.strip()}")
