"""A driver at the sandbox gateway: a real server, real links and buttons; notifications come when the test says so."""

import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from django.conf import settings

from sessions.payments import signing
from sessions.payments.sandbox.notifier import Notifier
from sessions.payments.sandbox.server import Sandbox
from sessions.payments.sandbox.till import Till


class HeldBack(Notifier):
    """Keeps what the gateway would send."""

    def __init__(self):
        super().__init__("http://127.0.0.1:9/", settings.PAYMENT_SANDBOX_KEY)
        self.waiting = []

    def start(self, body, after_s, then):
        self.waiting.append((body, after_s))
        then()


class Gateway:
    """The sandbox, and what a driver does there."""

    def __init__(self, client, run_on_commit):
        self.client, self.run_on_commit = client, run_on_commit
        self.notifier = HeldBack()
        self.till = Till(None)
        self.server = Sandbox("127.0.0.1", 0, settings.PAYMENT_SANDBOX_KEY, self.till, self.notifier, 20)
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def link(self, url):
        """Where payments[].url leads to at the gateway; None when there is nothing to pay."""
        answer = self.client.get(url.removeprefix("http://testserver"))
        return answer.headers["Location"] if answer.status_code == 302 else None

    def page(self, link, data=None):
        """(status, text) of a page of the gateway; with data, of a button."""
        body = urllib.parse.urlencode(data).encode() if data else None
        try:
            with urllib.request.urlopen(link, data=body, timeout=10) as answer:
                return answer.status, re.sub(r"<[^>]+>", " ", answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.code, re.sub(r"<[^>]+>", " ", error.read().decode())

    def press(self, url, button, *, heard=True):
        """Follow payments[].url and press a button; heard: the eMSP takes the notification now."""
        link = self.link(url)
        assert link, "there is nothing to pay"
        shown = self.page(link)[1]
        self.page(link, {"do": button})
        if heard:
            assert self.tell().status_code == 200
        return shown

    def tell(self, body=None, *, signature=None):
        """POST the oldest notification that waits, or this one."""
        body = body if body is not None else self.notifier.waiting.pop(0)[0]
        signature = signature or signing.sign(body, settings.PAYMENT_SANDBOX_KEY, int(time.time()))
        with self.run_on_commit(execute=True):
            return self.client.post(
                "/payments/notify", body, content_type="application/json", headers={signing.HEADER: signature}
            )
