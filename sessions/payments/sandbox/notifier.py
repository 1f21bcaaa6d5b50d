"""Tells the eMSP what became of a payment, again until it hears."""

import http.client
import json
import logging
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from sessions.payments import signing
from sessions.payments.sandbox.till import Paid

log = logging.getLogger("sessions.payments.sandbox")

WAITS_S = (0.5, 1, 2, 5, 10, 30, 60)
TIMEOUT_S = 10


class Notifier:
    """Sends signed notifications from threads of its own."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self._stop = threading.Event()

    def tell(
        self,
        paid: Paid,
        status: str,
        *,
        reason: str = "",
        after_s: float = 0,
        then: Callable[[], object] = lambda: None,
    ) -> None:
        """POST a notification in the background; after_s: not before so many seconds; then: once it was heard."""
        body = json.dumps(
            {
                "event_id": f"evt_{secrets.token_hex(12)}",
                "reference": paid.reference,
                "gateway_reference": paid.gateway_reference,
                "status": status,
                "amount": paid.amount,
                "currency": paid.currency,
                "reason": reason,
            }
        ).encode()
        self.start(body, after_s, then)

    def start(self, body: bytes, after_s: float, then: Callable[[], object]) -> None:
        """Deliver in a thread of its own."""
        threading.Thread(target=self._deliver, args=(body, after_s, then), daemon=True).start()

    def close(self) -> None:
        """Give up what is still to be told."""
        self._stop.set()

    def _deliver(self, body: bytes, after_s: float, then: Callable[[], object]) -> None:
        for wait_s in (after_s, *WAITS_S):
            if self._stop.wait(wait_s):
                return
            if self._post(body):
                then()
                return
        log.error("a notification was given up")

    def _post(self, body: bytes) -> bool:
        """True when nothing is gained by sending it again."""
        signature = signing.sign(body, self._key, int(time.time()))
        headers = {"Content-Type": "application/json", signing.HEADER: signature}
        request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S):
                return True
        except urllib.error.HTTPError as error:
            log.warning("the eMSP answered HTTP %s", error.code)
            return error.code in (400, 404, 409)
        except (OSError, http.client.HTTPException) as error:
            log.warning("the eMSP did not answer: %s", type(error).__name__)
            return False
