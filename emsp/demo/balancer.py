"""A stand-in for any balancer: hands each connection to the next web server that takes it.

`python -m emsp.demo.balancer --host H --port P TARGET...`. It looks at no request: where a server goes away in the middle,
the caller is the one who asks again.
"""

import argparse
import itertools
import socket
import socketserver
import threading
from collections.abc import Sequence

CONNECT_S = 0.5
IDLE_S = 60.0
PIECE_BYTES = 65_536


class Balancer(socketserver.ThreadingTCPServer):
    """Listens at `address`; targets: (host, port) of the web servers, taken in turn."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], targets: Sequence[tuple[str, int]]) -> None:
        self._targets, self._turn = tuple(targets), itertools.count()
        super().__init__(address, Connection)

    def connect(self) -> socket.socket | None:
        """A connection to the next target that answers; None when none does."""
        first = next(self._turn)
        for number in range(len(self._targets)):
            target = self._targets[(first + number) % len(self._targets)]
            try:
                return socket.create_connection(target, timeout=CONNECT_S)
            except OSError:
                continue
        return None


class Connection(socketserver.BaseRequestHandler):
    """One caller's connection, until either end closes it or nothing was said for IDLE_S."""

    server: Balancer

    def handle(self) -> None:
        target = self.server.connect()
        if target is None:
            return
        with target:
            for end in (self.request, target):
                end.settimeout(IDLE_S)
            back = threading.Thread(target=_pass_on, args=(target, self.request), daemon=True)
            back.start()
            _pass_on(self.request, target)
            back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    """Bytes in one direction; its end is passed on too."""
    try:
        while piece := source.recv(PIECE_BYTES):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            end.close()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("target", nargs="+", help="host:port of a web server")
    options = parser.parse_args()
    targets = [(host, int(port)) for host, _, port in (text.rpartition(":") for text in options.target)]
    with Balancer((options.host, options.port), targets) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
