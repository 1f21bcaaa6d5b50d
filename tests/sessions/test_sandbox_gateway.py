"""The sandbox gateway as a process, its memory, and its notifications that are sent until they are heard."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sessions.payments import signing
from sessions.payments.sandbox import notifier as notifying
from sessions.payments.sandbox.notifier import Notifier
from sessions.payments.sandbox.till import Refused, Till

PROJECT = Path(__file__).resolve().parents[2]
KEY = "a-key-of-the-tests-with-32-letters-or-more"
COMMAND = [sys.executable, "-m", "sessions.payments.sandbox", "--port", "0"]


class Emsp:
    """Takes notifications: answers with the statuses of `script`, then 200."""

    def __init__(self, *script):
        self.script, self.heard, self.news = list(script), [], threading.Condition()
        emsp = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = emsp.script.pop(0) if emsp.script else 200
                with emsp.news:
                    emsp.heard.append((status, self.headers[signing.HEADER], body))
                    emsp.news.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/payments/notify"

    def wait_for(self, count):
        with self.news:
            assert self.news.wait_for(lambda: len(self.heard) >= count, timeout=20)
        return self.heard


@pytest.fixture
def emsp():
    made = Emsp()
    yield made
    made.server.shutdown()
    made.server.server_close()


def link(port, amount="100.00", key=KEY):
    mac = signing.link_mac(key, "p-1", amount, "INR", "Charging")
    return f"http://127.0.0.1:{port}/pay/p-1?amount={amount}&currency=INR&for=Charging&signature={mac}"


def test_the_process_takes_a_payment_tells_it_and_gives_it_back(emsp, tmp_path):
    command = [*COMMAND, "--notify", emsp.url, "--state", str(tmp_path / "till.json")]
    process = subprocess.Popen(
        command, cwd=PROJECT, env=os.environ | {"PAYMENT_SANDBOX_KEY": KEY}, stdout=subprocess.PIPE, text=True
    )
    try:
        port = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(link(port), timeout=10) as page:
            assert "Pay 100.00 INR" in page.read().decode()
        urllib.request.urlopen(link(port), data=b"do=pay", timeout=10).close()
        [(_, signature, body)] = emsp.wait_for(1)
        signing.verify(signature, body, KEY, int(time.time()))
        told = json.loads(body)
        assert (told["reference"], told["status"], told["amount"]) == ("p-1", "PAID", "100.00")

        wanted = json.dumps(
            {"reference": "p-1", "refund_reference": "r-1", "amount": "9.00", "currency": "INR"}
        ).encode()
        for sign_with, status in ((KEY, 200), ("another key", 401)):
            headers = {signing.HEADER: signing.sign(wanted, sign_with, int(time.time()))}
            request = urllib.request.Request(f"http://127.0.0.1:{port}/refunds", data=wanted, headers=headers)
            try:
                answer = urllib.request.urlopen(request, timeout=10)
            except urllib.error.HTTPError as refused:
                answer = refused
            with answer:
                assert answer.status == status
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        process.stdout.close()
    assert Till(tmp_path / "till.json").all()[0].refunds == {"r-1": "9.00"}


def test_it_does_not_start_without_a_key():
    done = subprocess.run(
        COMMAND,
        cwd=PROJECT,
        env=os.environ | {"PAYMENT_SANDBOX_KEY": "short"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr == "payments: PAYMENT_SANDBOX_KEY must be set, with at least 32 characters\n"


def test_a_notification_is_sent_again_until_it_is_heard(emsp, monkeypatch):
    monkeypatch.setattr(notifying, "WAITS_S", (0, 0, 0))
    emsp.script[:] = [500, 503]
    done = threading.Event()

    Notifier(emsp.url, KEY).tell(Till(None).payment("p-1", "1.00", "INR"), "PAID", then=done.set)

    assert done.wait(20)
    assert [status for status, _, _ in emsp.heard] == [500, 503, 200]
    assert len({body for _, _, body in emsp.heard}) == 1  # one event_id


def test_a_notification_that_is_refused_for_good_is_not_repeated(emsp, monkeypatch):
    monkeypatch.setattr(notifying, "WAITS_S", (0, 0, 0))
    emsp.script[:] = [409]
    done = threading.Event()

    Notifier(emsp.url, KEY).tell(Till(None).payment("p-1", "1.00", "INR"), "PAID", then=done.set)

    assert done.wait(20)
    assert len(emsp.heard) == 1


def test_the_till_gives_back_no_more_than_was_paid(tmp_path):
    till = Till(tmp_path / "till.json")
    paid = till.payment("p-1", "100.00", "INR")
    with pytest.raises(Refused, match="no such payment"):
        till.refund("p-1", "r-1", Decimal("1.00"), "INR")
    assert till.move(paid, "PAID")
    assert not till.move(paid, "FAILED")

    till.refund("p-1", "r-1", Decimal("60.00"), "INR")
    till.refund("p-1", "r-1", Decimal("60.00"), "INR")  # the same again

    for amount, currency in ((Decimal("40.01"), "INR"), (Decimal("-1.00"), "INR"), (Decimal("1.00"), "EUR")):
        with pytest.raises(Refused, match=r"at most 40\.00 INR can be given back"):
            till.refund("p-1", "r-2", amount, currency)
    kept = Till(tmp_path / "till.json").all()[0]
    assert (kept.status, kept.refunds) == ("PAID", {"r-1": "60.00"})
    assert (tmp_path / "till.json").stat().st_mode & 0o777 == 0o600
