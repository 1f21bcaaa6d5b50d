"""The least HTTP that works: what a partner's end costs is no part of a measurement, and should be little."""

import socket
import socketserver
from collections.abc import Callable
from typing import Protocol

LIMIT = 65_536  # bytes of one line
Answer = Callable[[str, str, bytes], tuple[bytes, bytes]]


class Line(Protocol):
    """Takes one request at a time to where it is answered."""

    def send(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        """Status and body of the answer. headers: whole lines, each with its end."""


class Client:
    """One kept connection. For one thread."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = self._socket.makefile("rb")
        self._host = f"127.0.0.1:{port}"

    def send(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        """Status and body of the answer. headers: whole lines, each with its end."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{headers}\r\n"
        )
        self._socket.sendall(head.encode() + body)
        status = int(self._input.readline(LIMIT).split()[1])
        return status, self._input.read(content_length(self._input.readline))

    def close(self) -> None:
        """Close the connection."""
        self._input.close()
        self._socket.close()


def content_length(readline: Callable[[int], bytes]) -> int:
    """Reads the headers to their end; what they say of the length of the body."""
    length = 0
    while line := readline(LIMIT).rstrip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return length


class Server(socketserver.ThreadingTCPServer):
    """Answers whatever comes by answer(method, path, body), which gives more header lines and the body."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, answer: Answer) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", port), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: Server

    def handle(self) -> None:
        while line := self.rfile.readline(LIMIT):
            method, path, _ = line.decode("latin-1").split(" ", 2)
            body = self.rfile.read(content_length(self.rfile.readline))
            more, content = self.server.answer(method, path, body)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%b\r\n"
            self.request.sendall(head % (len(content), more) + content)
