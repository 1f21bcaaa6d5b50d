"""A process of its own: an operator whose stations are made as they are asked for, and who obeys every command.

python -m emsp.bench.cpo PORT LOCATIONS    serves /locations, /tariffs and /commands as an OCPI peer
"""

import re
import sys
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

from emsp.bench import places
from emsp.bench.http import Client, Server
from emsp.core.wire import encode, load_json

PAGE = 500
EVSE = re.compile(r"/locations/L(\d+)/E\d+([AB])$")


class Cpo:
    """Answers of an operator with so many stations. push_headers: with which it sends results of commands."""

    def __init__(self, port: int, locations: int, push_headers: str) -> None:
        self.base, self.locations, self.push_headers = f"http://127.0.0.1:{port}", locations, push_headers

    def answer(self, method: str, path: str, body: bytes) -> tuple[bytes, bytes]:
        """More header lines, and the body."""
        parts = urlsplit(path)
        if parts.path.startswith("/commands/"):
            threading.Thread(target=self._obey, args=(load_json(body)["response_url"],)).start()
            return b"", _envelope({"result": "ACCEPTED", "timeout": 30})
        if found := EVSE.search(parts.path):
            evses: Any = places.location(int(found[1]))["evses"]
            return b"", _envelope(evses["AB".index(found[2])])
        if parts.path == "/tariffs":
            return b"X-Total-Count: 1\r\n", _envelope([places.tariff()])
        return self._page(parts.query) if parts.path == "/locations" else (b"X-Total-Count: 0\r\n", _envelope([]))

    def _page(self, query: str) -> tuple[bytes, bytes]:
        asked = {name: int(values[-1]) for name, values in parse_qs(query).items() if values[-1].isdecimal()}
        offset, limit = asked.get("offset", 0), min(asked.get("limit", PAGE), PAGE)
        after = min(offset + limit, self.locations)
        more = f"X-Total-Count: {self.locations}\r\nX-Limit: {PAGE}\r\n"
        if after < self.locations:
            more += f'Link: <{self.base}/locations?offset={after}&limit={limit}>; rel="next"\r\n'
        rows = b",".join(places.encoded(offset, after))
        return more.encode(), b'{"status_code":1000,"timestamp":"%b","data":[%b]}' % (places.STAMP.encode(), rows)

    def _obey(self, response_url: str) -> None:
        parts = urlsplit(response_url)
        client = Client(parts.port or 80)
        client.send("POST", parts.path, b'{"result":"ACCEPTED"}', self.push_headers)
        client.close()


def _envelope(content: object) -> bytes:
    return encode({"data": content, "status_code": 1000, "timestamp": places.STAMP})


def main() -> None:
    port, locations, push_headers = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].replace("\\n", "\r\n")
    Server(port, Cpo(port, locations, push_headers).answer).serve_forever()


if __name__ == "__main__":
    main()
