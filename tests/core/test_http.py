"""Which URLs of partners may be called (design.md §8, SANDBOX false)."""

import socket

import pytest

from emsp.core.http import ForbiddenAddress, UnresolvableHost, check_url

UNREADABLE = [
    "", "nonsense", "//cpo.example/x", "ftp://cpo.example/", "https://", "https:///x", "https://[::1", "https://[foo]/",
    "https://a]b/", "https://\u2100.example/", "https://cpo.example:99999/", "https://cpo.example:x/",
    "https://user:word@cpo.example/",
]
PRIVATE = [
    "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "10.0.0.1", "172.16.0.1",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "[::]", "[::1]", "[fe80::1]",
    "[fc00::1]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::10.0.0.1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fec0::1]", "[64:ff9b:1::a00:1]", "192.0.0.192", "168.63.129.16",
    "[::ffff:192.0.0.192]", "[2002:808:808::1]",
]


@pytest.fixture(autouse=True)
def outside(settings):
    settings.SANDBOX = False


@pytest.mark.parametrize("sandbox", [True, False])
@pytest.mark.parametrize("url", UNREADABLE)
def test_what_is_no_plain_web_address_is_never_called(settings, url, sandbox):
    settings.SANDBOX = sandbox
    with pytest.raises(ForbiddenAddress):
        check_url(url)


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_refused_in_every_spelling(host):
    with pytest.raises(ForbiddenAddress, match="private address"):
        check_url(f"https://{host}:8443/versions")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8"])
def test_public_addresses_may_be_called_by_https_alone(monkeypatch, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    entry = (family, socket.SOCK_STREAM, 6, "", (address, 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: [entry])

    assert check_url("https://cpo.example/versions") == "https://cpo.example/versions"
    with pytest.raises(ForbiddenAddress, match="not https"):
        check_url("http://cpo.example/versions")


def test_one_private_address_among_several_is_enough(monkeypatch):
    entries = [(2, 1, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: entries)

    with pytest.raises(ForbiddenAddress, match="private address"):
        check_url("https://cpo.example/")


def test_a_host_that_nobody_knows_is_told_apart(monkeypatch):
    def unknown(*args, **more):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UnresolvableHost):
        check_url("https://cpo.example/")
