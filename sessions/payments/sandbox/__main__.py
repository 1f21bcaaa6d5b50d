"""`python -m sessions.payments.sandbox`: the command line."""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from sessions.payments.sandbox.notifier import Notifier
from sessions.payments.sandbox.server import Sandbox
from sessions.payments.sandbox.till import Till

KEY_VARIABLE = "PAYMENT_SANDBOX_KEY"


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit status: 1 when it cannot start."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s payments: %(message)s", datefmt="%H:%M:%S")
    key = os.environ.get(KEY_VARIABLE, "")
    if len(key) < 32:
        sys.stderr.write(f"payments: {KEY_VARIABLE} must be set, with at least 32 characters\n")
        return 1
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        notifier = Notifier(options.notify, key)
        server = Sandbox(options.host, options.port, key, Till(options.state), notifier, options.late_s)
    except (OSError, ValueError, TypeError) as error:
        sys.stderr.write(f"payments: cannot start: {error}\n")
        return 1
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"ready on port {server.server_address[1]}\n")
        sys.stdout.flush()
        stop.wait()
        notifier.close()
        server.shutdown()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sessions.payments.sandbox",
        description="A payment gateway that moves no money: pages to pay, fail, or pay late, and refunds. "
        f"The key that both ends sign with is read from {KEY_VARIABLE}.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8004, help="port to listen on (8004); 0: any free one")
    parser.add_argument(
        "--notify", default="http://127.0.0.1:8000/payments/notify", help="where the eMSP takes notifications"
    )
    parser.add_argument("--state", type=Path, help="file to remember payments in")
    parser.add_argument("--late-s", type=float, default=20.0, help="how late a late success comes, in s (20)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
