"""Connections to partners: to the address that was checked, and for no longer than was said."""

import contextlib
import ipaddress
import itertools
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import Mock
from uuid import uuid4

import pytest
import requests
import urllib3

from beckn.services.outcome import Verdict, post
from emsp.backoffice.cases import webhook
from emsp.core import http
from emsp.core.http import (
    ForbiddenAddress,
    PartnerSession,
    UnresolvableHost,
    check_url,
    within,
)
from ocpi.client.errors import PeerError
from ocpi.client.transport import Line, TokenAuth, exchange
from tests.core.certificates import key_and_certificate

PUBLIC, PRIVATE = "8.8.8.8", "127.0.0.1"
URL = "https://partner.example/v1/on_search"


@pytest.fixture(autouse=True)
def new_pool():
    """No connection of another test is used again."""
    http._callback_pool.cache_clear()
    yield
    http._callback_pool.cache_clear()


@pytest.fixture
def outside(settings):
    settings.SANDBOX = False


@pytest.fixture
def resolver(monkeypatch):
    """Tell the addresses of partner.example, one list for each look-up; gives those still to be told."""
    told, real = [], socket.getaddrinfo

    def look_up(host, port, *args, **more):
        if host != "partner.example" or more.get("flags"):
            return real(host, port, *args, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in told.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return told


@pytest.fixture
def dialled(monkeypatch):
    """The hosts that are connected to; nobody is there."""
    seen = []

    def nobody(address, *args, **more):
        seen.append(address[0])
        raise OSError("refused")

    monkeypatch.setattr(urllib3.util.connection, "create_connection", nobody)
    return seen


def call(url=URL):
    return exchange("GET", url, auth=TokenAuth("t"), headers={}, pooled=False, line=Line.to(None))


@pytest.mark.usefixtures("outside")
class TestAddresses:
    @pytest.mark.parametrize("send", [lambda: post(URL, b"{}", {}), lambda: call()])
    def test_the_connection_goes_to_the_address_that_was_checked(self, resolver, dialled, send):
        resolver += [[PUBLIC], [PRIVATE]]
        with contextlib.suppress(PeerError):
            send()

        assert (dialled, resolver) == ([PUBLIC], [[PRIVATE]])

    def test_a_name_that_leads_inside_after_it_was_checked_is_refused(self, resolver, dialled):
        resolver += [[PUBLIC], [PRIVATE], [PRIVATE], [PRIVATE]]
        check_url(URL)

        outcome = post(URL, b"{}", {})
        with pytest.raises(PeerError, match="private address") as refused:
            call()
        with pytest.raises(ForbiddenAddress):
            PartnerSession().post(URL)

        assert (outcome.verdict, outcome.reason) == (Verdict.NEVER, "the URL leads to a private address")
        assert (refused.value.sent, refused.value.transient) == (False, False)
        assert dialled == []

    def test_one_private_address_is_enough_and_all_public_ones_are_tried_in_order(self, resolver, dialled):
        resolver += [[PUBLIC, PRIVATE], ["9.9.9.9", PUBLIC]]

        assert post(URL, b"{}", {}).verdict == Verdict.NEVER
        assert dialled == []
        assert post(URL, b"{}", {}).verdict == Verdict.LATER
        assert dialled == ["9.9.9.9", PUBLIC]

    def test_no_further_address_is_tried_when_the_time_is_over(self, resolver, dialled):
        resolver += [[PUBLIC]]
        with pytest.raises(urllib3.exceptions.ConnectTimeoutError):
            http.post(URL, b"{}", {}, within_s=0)
        assert dialled == []

    def test_a_proxy_of_the_environment_is_passed_by(self, resolver, dialled, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        resolver += [[PUBLIC]]
        with pytest.raises(PeerError, match="no connection"):
            call()
        assert dialled == [PUBLIC]

    def test_a_peer_whose_name_is_not_known_now_may_be_asked_again(self, monkeypatch):
        def unknown(*args, **more):
            raise socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        with pytest.raises(PeerError, match="cannot be resolved") as failed:
            call()
        assert (failed.value.sent, failed.value.transient) == (False, True)
        with pytest.raises(UnresolvableHost):
            PartnerSession().get(URL)


def certificate(folder, name):
    """A key and a certificate of its own for name; gives the path of both in one PEM file."""
    path = folder / f"{name}.pem"
    path.write_text("".join(key_and_certificate(name)))
    return path


@contextlib.contextmanager
def serving(write, pem=None, *, wants=None):
    """An HTTP server on 127.0.0.1 that lets `write` answer each POST; gives its port, what it was asked, and the SNI.

    wants: a certificate that a client must show.
    """
    asked, names = [], []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append((self.headers["Host"], self.client_address[1]))
            with contextlib.suppress(OSError):
                write(self)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.handle_error = True, lambda *args: None
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        if wants:
            context.load_verify_locations(cadata=wants)
            context.verify_mode = ssl.CERT_REQUIRED
        context.sni_callback = lambda sock, name, _: names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_address[1], asked, names
    finally:
        server.shutdown()
        server.server_close()


def fine(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"{}")


@pytest.mark.usefixtures("outside")
def test_host_sni_and_the_name_in_the_certificate_are_those_of_the_url(tmp_path, monkeypatch):
    monkeypatch.setattr(http, "public_addresses", lambda host, port: [PRIVATE])
    pem = certificate(tmp_path, "partner.example")
    with serving(fine, pem) as (port, asked, names), PartnerSession() as session:
        for _ in range(2):
            assert session.post(f"https://partner.example:{port}/v1", verify=str(pem)).text == "{}"
        with pytest.raises(requests.exceptions.SSLError, match="other.example"):
            session.post(f"https://other.example:{port}/v1", verify=str(pem))

    assert [host for host, _ in asked] == [f"partner.example:{port}"] * 2
    assert len({client for _, client in asked}) == 1  # one connection for both
    assert names == ["partner.example", "other.example"]


@pytest.mark.usefixtures("outside")
def test_a_client_certificate_is_shown_by_the_session_that_has_it_and_by_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(http, "public_addresses", lambda host, port: [PRIVATE])
    key, ours = key_and_certificate("emsp.example")
    shown = []

    def note(handler):
        shown.append(handler.connection.getpeercert()["subject"][0][0][1])
        fine(handler)

    pem = certificate(tmp_path, "partner.example")
    with serving(note, pem, wants=ours) as (port, asked, _), PartnerSession(ours + key) as session:
        url = f"https://partner.example:{port}/v1"
        assert session.post(url, verify=str(pem)).text == "{}"
        with pytest.raises(requests.RequestException), PartnerSession() as stranger:
            stranger.post(url, verify=str(pem))
        with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            PartnerSession(ours + key).post(url)  # theirs is checked as ever

    assert shown == ["emsp.example"]


def endless_body(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000000")
    handler.end_headers()
    for _ in itertools.count():
        handler.wfile.write(b" ")


def endless_head(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in itertools.count():
        handler.wfile.write(b"x")


@pytest.fixture
def clock(monkeypatch):
    """A second passes each time it is looked at."""
    seconds = itertools.count()
    monkeypatch.setattr(http, "monotonic", lambda: float(next(seconds)))


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("write", [endless_body, endless_head])
def test_an_app_that_lets_its_answer_drip_is_left_in_time(write, monkeypatch):
    with serving(write) as (port, *_):
        outcome = post(f"http://127.0.0.1:{port}/on_search", b"{}", {})

    assert (outcome.verdict, outcome.status, outcome.reason) == (
        Verdict.LATER, None, "no answer: ReadTimeoutError",
    )


@pytest.mark.usefixtures("clock")
def test_a_webhook_that_lets_its_answer_drip_is_left_in_time(settings):
    settings.CASE_WEBHOOK_KEY = "a-key-of-the-tests-with-32-letters"
    with serving(endless_head) as (port, *_):
        settings.CASE_WEBHOOK_URL = f"http://127.0.0.1:{port}/cases"
        outcome = webhook.post(uuid4(), {})

    assert outcome == webhook.Outcome("no answer: ReadTimeoutError")


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("write", [endless_body, endless_head])
def test_a_peer_that_lets_its_answer_drip_is_left_in_time(write):
    with serving(write) as (port, *_), pytest.raises(PeerError, match="took too long|no answer in time") as late:
        exchange("POST", f"http://127.0.0.1:{port}/x", auth=TokenAuth("t"), headers={}, line=Line.to(None))

    assert (late.value.sent, late.value.transient) == (True, True)


@pytest.mark.usefixtures("clock")
def test_an_app_that_takes_a_long_message_in_slowly_is_left_in_time():
    """Each record over TLS may take its time; together they may not."""
    sent = []
    connection = http._TlsConnection("app.example")
    connection.sock = Mock(sendall=sent.append)

    with within(5), pytest.raises(TimeoutError, match="takes too long"):
        connection.send(b"x" * 16_384 * 20)

    assert sent == [b"x" * 16_384] * 4
    assert [call.args for call in connection.sock.settimeout.call_args_list] == [(4,), (3,), (2,), (1,)]


@pytest.mark.usefixtures("clock")
def test_a_long_message_without_tls_is_one_piece_with_one_time_limit():
    connection = http._Connection("app.example")
    connection.sock = Mock()

    with within(5):
        connection.send(b"x" * 16_384 * 20)

    connection.sock.sendall.assert_called_once_with(b"x" * 16_384 * 20)
    assert connection.sock.settimeout.call_args.args == (4,)


def test_the_lease_of_a_callback_outlives_its_post():
    from beckn.services import delivery, outcome

    longest_s = outcome.POST_WITHIN_S + http.CALLBACK_TIMEOUT.connect_timeout + delivery.BATCH_TIME_S
    assert longest_s < delivery.LEASE.total_seconds()


def test_addresses_are_looked_up_where_that_is_wanted_only(settings, monkeypatch):
    settings.SANDBOX = False
    real = socket.getaddrinfo

    def numbers_only(host, *args, **more):
        assert ipaddress.ip_address(host) if not more.get("flags") else True
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)
    assert check_url(URL, look_up=False) == URL
    with pytest.raises(ForbiddenAddress, match="private address"):
        check_url("https://127.0.0.1/", look_up=False)
