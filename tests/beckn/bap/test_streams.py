"""The live page's stream, its cap, and a server that half-sent bodies do not stop."""

import json
import socket
import threading
from urllib.parse import urlsplit

import pytest

from beckn.bap import streams
from tests.beckn.bap import world
from tests.beckn.bap.process import Browser


def values(answer):
    """What each event says, one after the other."""
    for line in answer.iter_lines():
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def test_news_comes_by_itself(driver):
    driver.charge("3.20")
    url = f"{driver.browser.url}{driver.order_path}/events"
    with driver.browser.http.get(url, stream=True, timeout=15) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        events = values(answer)
        first = next(events)
        assert (first["energy"], first["state"], first["ask"]) == ("3.2", "Charging", False)
        driver.tell("on_status", world.bill())
        then = next(events)
        assert (then["energy"], then["cost"], then["moving"]) == ("4.5", "₹91.00", False)


def test_nobody_follows_another_driver_s_session(driver, bap):
    driver.charge()
    with Browser(bap.url).http.get(f"{bap.url}{driver.order_path}/events", stream=True, timeout=15) as answer:
        assert answer.status_code == 404


def test_open_streams_leave_room_for_others_and_the_last_is_sent_to_polling(driver):
    driver.charge()
    url = f"{driver.browser.url}{driver.order_path}/events"
    opened = []
    try:
        while len(opened) <= streams.MOST and (not opened or opened[-1].status_code == 200):
            opened.append(driver.browser.http.get(url, stream=True, timeout=15))
        # Fewer than MOST where a page before this one has gone and the server has not noticed yet.
        assert opened[-1].status_code == 204
        assert driver.browser.json(f"{driver.order_path}/live")["energy"] == "3.2"
    finally:
        for answer in opened:
            answer.close()


def test_a_place_is_given_back_once(monkeypatch):
    monkeypatch.setattr(streams, "_free", threading.BoundedSemaphore(1))
    first = streams.opened(dict)
    assert first is not None and streams.opened(dict) is None
    first.close()
    first.close()
    assert streams.opened(dict) is not None


@pytest.mark.parametrize("path", ["/beckn/on_search", "/"])
def test_half_sent_bodies_do_not_stop_the_server(bap, browser, path):
    place = urlsplit(bap.url)
    half = f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 500\r\n\r\n{{".encode()
    slow = [socket.create_connection((place.hostname, place.port), timeout=10) for _ in range(24)]
    try:
        for connection in slow:
            connection.sendall(half)
        assert browser.get("/").status == 200
        assert browser.json("/health") == {"status": "ok"}
    finally:
        for connection in slow:
            connection.close()
