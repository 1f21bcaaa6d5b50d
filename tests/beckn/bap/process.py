"""The BAP as a process of its own, with a database of its own, and a browser without scripts."""

import os
import re
import socket
import subprocess
import sys
import uuid
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import requests
from nacl.signing import SigningKey
from psycopg import sql
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from tests.beckn.bap.stub_bpp import StubBpp, base64_text

ROOT = Path(__file__).resolve().parents[3]
SUCCESSOR = b"successor-successor-successor-12"  # seed of the key with which our BPP will sign next
TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class BapProcess:
    """Database, migrations and server; `close` ends and removes all of it."""

    def __init__(self, bpp: StubBpp, **environment: str) -> None:
        self.server_url = os.environ["DATABASE_URL"]
        self.database = f"bap_{uuid.uuid4().hex[:12]}"
        self._on_server("CREATE DATABASE {}")
        self.url = f"http://127.0.0.1:{free_port()}"
        bpp.bap_uri = f"{self.url}/beckn"
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "emsp.settings.main",  # the server must take its own settings all the same
            "BAP_DATABASE_URL": urlunsplit(urlsplit(self.server_url)._replace(path=f"/{self.database}")),
            "BAP_ID": bpp.bap_id,
            "BAP_URI": bpp.bap_uri,
            "BAP_UNIQUE_KEY_ID": bpp.bap_key_id,
            "BAP_SIGNING_PRIVATE_KEY": base64_text(bytes(bpp.bap_key)),
            "BPP_ID": bpp.bpp_id,
            "BPP_URI": bpp.uri,
            "BPP_PUBLIC_KEY": base64_text(bytes(bpp.key.verify_key)),
            "BPP_UNIQUE_KEY_ID": bpp.key_id,
            "BPP_OTHER_KEYS": f"bpp-key-2={base64_text(bytes(SigningKey(SUCCESSOR).verify_key))}",
            "SECRET_KEY": "tests-only",
            "BAP_TILE_URL": "http://127.0.0.1:9/{z}/{x}/{y}.png",
            "DEBUG": "false",
        } | environment
        self.run("migrate", "--verbosity", "0")
        port = str(urlsplit(self.url).port)
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port,
                   "--workers", "1", "--blocking-threads", "128", "--no-ws", "beckn.bap.wsgi:application"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait_until_ready()

    def run(self, *arguments: str) -> str:
        """A management command of the BAP's own Django."""
        environment = self.environment | {"DJANGO_SETTINGS_MODULE": "beckn.bap.settings"}
        done = subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.environment["BAP_DATABASE_URL"]) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def age_requests(self, seconds: int) -> None:
        """Make all requests look sent that much earlier."""
        self.rows("UPDATE bap_message SET tried_at = tried_at - make_interval(secs => %s)", seconds)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
        self._on_server("DROP DATABASE {} WITH (FORCE)")

    def _on_server(self, statement: str) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(self.database)))

    def _wait_until_ready(self) -> None:
        patient = requests.Session()
        retry = Retry(total=60, backoff_factor=0.1, backoff_max=0.5, status_forcelist=[503])
        patient.mount("http://", HTTPAdapter(max_retries=retry))
        assert patient.get(f"{self.url}/health", timeout=10).json() == {"status": "ok"}


class Page:
    """An answer, with its words as a reader sees them."""

    def __init__(self, answer: requests.Response) -> None:
        self.answer, self.status, self.html = answer, answer.status_code, answer.text
        self.path = urlsplit(answer.url).path
        self.words = " ".join(unescape(TAG.sub(" ", self.html)).split())

    def __contains__(self, words: str) -> bool:
        return words in self.words

    def link(self, pattern: str) -> str:
        """The first address that fits."""
        found = re.search(rf'(?:href|action)="({pattern})"', self.html)
        assert found, f"no link {pattern} on {self.path}"
        return unescape(found[1])

    def exchange(self) -> str:
        """The address at which the page waits for an answer."""
        found = re.search(r'data-exchange="([^"]+)"', self.html)
        assert found, f"{self.path} waits for nothing"
        return found[1]


class Browser:
    """A driver's browser, scripts off."""

    def __init__(self, url: str) -> None:
        self.url, self.http = url, requests.Session()

    def get(self, path: str) -> Page:
        return Page(self.http.get(f"{self.url}{path}", timeout=20))

    def json(self, path: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.url}{path}", timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **form: str) -> Page:
        if "bap_csrf" not in self.http.cookies:
            self.get("/")
        form["csrfmiddlewaretoken"] = self.http.cookies["bap_csrf"]
        headers = {"Referer": self.url}
        return Page(self.http.post(f"{self.url}{path}", data=form, headers=headers, timeout=20))
