"""The balancer in front of web servers on network namespaces, and the reason where there can be none."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from django.core.management import CommandError, call_command

from emsp.chaos.mischief import Cuts
from emsp.demo import apart
from emsp.demo.balancer import Balancer


def server(name):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(name.encode() + b" " + body)

        def log_message(self, *args):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made


@pytest.fixture
def balanced():
    """The balancer's URL, with two web servers behind it."""
    servers = [server("a"), server("b")]
    balancer = Balancer(("127.0.0.1", 0), [each.server_address for each in servers])
    threading.Thread(target=balancer.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{balancer.server_address[1]}/", servers
    for each in (balancer, *servers):
        each.shutdown()
        each.server_close()


def test_connections_are_handed_out_in_turn_and_to_those_that_take_them(balanced):
    url, (first, _) = balanced

    def told(count):
        return [requests.post(url, data=b"x" * 200_000, timeout=5).text[:3] for _ in range(count)]

    assert told(4) == ["a x", "b x", "a x", "b x"]
    first.shutdown()
    first.server_close()
    assert told(3) == ["b x"] * 3


def test_a_caller_is_hung_up_on_where_nobody_takes_it(balanced):
    url, servers = balanced
    for each in servers:
        each.shutdown()
        each.server_close()

    with pytest.raises(requests.ConnectionError):
        requests.post(url, data=b"x", timeout=5)
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2].strip("/"))), timeout=5) as caller:
        assert caller.recv(1) == b""


def test_a_side_that_is_cut_off_is_let_in_again_whatever_happens(tmp_path, monkeypatch):
    deeds, told = [], []
    monkeypatch.setattr("emsp.chaos.mischief.cut", lambda side: deeds.append(f"cut {side}"))
    monkeypatch.setattr("emsp.chaos.mischief.mend", lambda side: deeds.append(f"mend {side}"))
    monkeypatch.setattr("emsp.chaos.mischief.time.sleep", lambda seconds: deeds.append(6 <= seconds <= 20))
    cuts = Cuts(tmp_path, redis_url="", control_url="", seed=1, tell=told.append)

    cuts.strike(0.0)
    side = deeds[0][-1]
    assert deeds == [f"cut {side}", True, f"mend {side}"]
    assert cuts.deeds == {f"cut {side}": 1} and len(told) == 1

    def interrupted(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("emsp.chaos.mischief.time.sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cuts.strike(0.0)
    assert [word[:4] for word in deeds[3:]] == ["cut ", "mend"]


def test_links_are_cut_in_a_demo_on_namespaces_only(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMO_FOLDER", str(tmp_path))
    monkeypatch.delenv("EMSP_APART", raising=False)
    (tmp_path / "processes.json").write_text('[["web", 1, 1.0, 15]]')

    with pytest.raises(CommandError, match="^there are no links to cut here"):
        call_command("chaos", "--apart")


def test_namespaces_need_linux_and_root(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert apart.why_not() == "network namespaces can be made by root only"
    monkeypatch.setattr("sys.platform", "darwin")
    assert apart.why_not() == "network namespaces are Linux's"
