"""Ports of the demo: where they come from, and what is said when one is taken."""

import socket

import pytest

from emsp.demo import ports
from emsp.demo.errors import DemoError
from emsp.demo.ports import NEAR, Ports, free_port_near, is_free


@pytest.fixture
def listener(monkeypatch):
    """A port that is taken, with neighbours that are not, whatever else runs here."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]
        asked = ports.is_free
        monkeypatch.setattr(ports, "is_free", lambda port: port != taken or asked(port))
        yield taken


@pytest.mark.parametrize(("text", "base"), [(None, 8000), ("", 8000), ("9000", 9000)])
def test_port_base_moves_all_of_them(text, base):
    made = Ports.read(text)

    assert (made.emsp, made.bap, made.cpo, made.payments) == (base, base + 1, base + 2, base + 4)


@pytest.mark.parametrize("text", ["no", "0", "-1", "65530", "80.5"])
def test_a_port_base_that_is_no_port_is_named(text):
    with pytest.raises(DemoError) as refused:
        Ports.read(text)

    assert str(refused.value) == f"PORT_BASE must be a number from 1 to 65526, not {text}"


@pytest.mark.parametrize(
    ("offset", "name"),
    [(0, "eMSP"), (1, "reference BAP"), (2, "CPO simulator"), (4, "payment gateway")],
)
def test_a_taken_port_is_named_with_the_way_out(listener, offset, name):
    with pytest.raises(DemoError) as refused:
        Ports(listener - offset).check_free()

    assert str(refused.value).startswith(
        f"port {listener} for the {name} is taken; choose another with PORT_BASE"
    )


def test_a_port_is_free_again_when_its_server_is_gone(listener):
    assert not is_free(listener)

    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            server.accept()[0].close()
            client.recv(1)

    assert is_free(port)


def test_ports_that_nobody_types_lie_above_the_public_ones(listener):
    base = listener - min(NEAR)

    port = free_port_near(base)

    assert port != listener
    assert port > base + 2
