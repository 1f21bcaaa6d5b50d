"""The least HTTP that works: what a partner's end costs is no part of a measurement, and should be little."""

import re
import socket
import socketserver
from collections.abc import Callable
from typing import Protocol

PIECE = 262_144  # bytes that are taken at once
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
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
        self._messages = Messages(self._socket)
        self._host = f"127.0.0.1:{port}"

    def send(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        """Status and body of the answer. headers: whole lines, each with its end. Raises OSError when none comes."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{headers}\r\n"
        )
        self._socket.sendall(head.encode() + body)
        answer = self._messages.next()
        if answer is None:
            raise ConnectionResetError("the connection ended before an answer")
        return int(answer[0].split(b" ", 2)[1]), answer[1]

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


class Messages:
    """The messages that come on a connection, one after the other, each with a Content-Length or without a body."""

    def __init__(self, source: socket.socket) -> None:
        self._source, self._rest = source, b""

    def next(self) -> tuple[bytes, bytes] | None:
        """Head and body; None when the connection has ended."""
        data = self._rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            if not (piece := self._source.recv(PIECE)):
                return None
            data += piece
        found = LENGTH.search(data, 0, end)
        whole = end + 4 + (int(found[1]) if found else 0)
        while len(data) < whole:
            if not (piece := self._source.recv(whole - len(data), socket.MSG_WAITALL)):
                return None
            data += piece
        self._rest = data[whole:]
        return data[:end], data[end + 4 : whole]


class Server(socketserver.ThreadingTCPServer):
    """Answers whatever comes by answer(method, path, body), which gives more header lines and the body."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, answer: Answer) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", port), _Handler)


class _Handler(socketserver.BaseRequestHandler):
    server: Server
    request: socket.socket

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        messages = Messages(self.request)
        while (message := messages.next()) is not None:
            method, path, _ = message[0].split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            more, content = self.server.answer(method, path, message[1])
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%b\r\n"
            self.request.sendall(head % (len(content), more) + content)
