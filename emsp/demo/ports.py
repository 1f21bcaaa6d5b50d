"""The ports of the demo: PORT_BASE, the two above it and the fourth, on loopback only."""

import socket
from dataclasses import dataclass

from emsp.demo.errors import DemoError

HOST = "127.0.0.1"
DEFAULT_BASE = 8000
PAYMENTS = 4  # the sandbox gateway
NEAR = (3, 5, 6, 7, 8, 9)  # where ports that nobody types are looked for, above the base


@dataclass(frozen=True)
class Ports:
    """Where the servers listen. Source: design.md §4, `make demo`."""

    base: int
    host: str = HOST

    @classmethod
    def read(cls, text: str | None, host: str = HOST) -> "Ports":
        """From the value of PORT_BASE; unset or empty means 8000. Raises DemoError when it is no port."""
        last = 65_535 - max(NEAR)
        try:
            base = int(text) if text else DEFAULT_BASE
        except ValueError:
            base = 0
        if not 1 <= base <= last:
            raise DemoError(f"PORT_BASE must be a number from 1 to {last}, not {text}")
        return cls(base, host)

    @property
    def emsp(self) -> int:
        return self.base

    @property
    def bap(self) -> int:
        return self.base + 1

    @property
    def cpo(self) -> int:
        return self.base + 2

    @property
    def payments(self) -> int:
        return self.base + PAYMENTS

    def check_free(self) -> None:
        """Raises DemoError naming the first port that somebody else listens on."""
        public = (("eMSP", self.emsp), ("reference BAP", self.bap), ("CPO simulator", self.cpo))
        for name, port in (*public, ("payment gateway", self.payments)):
            if not is_free(port):
                raise DemoError(
                    f"port {port} for the {name} is taken; choose another with PORT_BASE, "
                    f"as in `make demo PORT_BASE={self._suggestion()}`"
                )

    def _suggestion(self) -> int:
        candidates = range(self.base + 1000, 60_000, 1000)
        return next((base for base in candidates if all(is_free(base + n) for n in range(PAYMENTS + 1))), 9000)


def is_free(port: int) -> bool:
    """Can a server listen on this loopback port now? Fading connections of an earlier one do not count."""
    with socket.socket() as caller:
        caller.settimeout(1)
        if caller.connect_ex((HOST, port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port_near(base: int) -> int:
    """A free port just above the public three, else any free one."""
    for port in (base + n for n in NEAR):
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
