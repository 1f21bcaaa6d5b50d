"""The sandbox's pages, as HTML."""

import base64
import hashlib
from html import escape

from sessions.payments.sandbox.till import Paid

STYLE = """
:root { color-scheme: light dark; --ink: #17212b; --paper: #fff; --soft: #5b6b7b; --line: #dde3e9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --paper: #12181f; --soft: #9aa9b8; --line: #2b3642; } }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 26rem; margin: 0 auto; padding: 2rem 1.25rem; }
.amount { font-size: 2.25rem; font-weight: 700; margin: .5rem 0; font-variant-numeric: tabular-nums; }
.soft { color: var(--soft); } form { display: grid; gap: .75rem; margin-top: 1.5rem; }
button { font: inherit; font-weight: 600; padding: .8rem; border-radius: .5rem; border: 1px solid var(--line);
  background: transparent; color: inherit; cursor: pointer; }
button.main { background: #0a7d4f; border-color: #0a7d4f; color: #fff; }
.note { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
table { width: 100%; border-collapse: collapse; }
td, th { text-align: left; padding: .35rem; border-top: 1px solid var(--line); }
"""
# The one style that browsers take from these pages.
STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
SANDBOX = '<p class="note soft">Sandbox: no money is moved.</p>'
WORDS = {
    "PAID": ("Paid", "Thank you. You can close this page and go back to your app."),
    "FAILED": ("The payment failed", "Nothing was charged. Go back to your app to try again, or pay now."),
    "LATE": ("Your bank is still working on it", "You can close this page: the app is told when it is done."),
}


def checkout(paid: Paid, purpose: str) -> str:
    """The payment with its buttons; what became of it, once that is known."""
    title, text = WORDS.get(paid.status, ("Pay", purpose))
    buttons = "" if paid.status in ("PAID", "LATE") else _buttons(paid)
    return _page(
        title,
        f"""<h1>{escape(title)}</h1><p>{escape(text)}</p>
<p class="amount">{escape(paid.amount)} {escape(paid.currency)}</p>{buttons}{SANDBOX}""",
    )


def _buttons(paid: Paid) -> str:
    return f"""<form method="post">
<button class="main" name="do" value="pay">Pay {escape(paid.amount)} {escape(paid.currency)}</button>
<button name="do" value="fail">Fail the payment</button>
<button name="do" value="late">Pay later: success comes late</button></form>"""


def refused(reason: str) -> str:
    """What cannot be shown."""
    return _page("Not possible", f"<h1>Not possible</h1><p>{escape(reason)}</p>")


def overview(payments: list[Paid]) -> str:
    """All payments of this sandbox."""
    rows = "".join(
        f"<tr><td>{escape(paid.gateway_reference)}</td><td>{escape(paid.amount)} {escape(paid.currency)}</td>"
        f"<td>{escape(paid.status)}</td><td>{escape(', '.join(paid.refunds.values()) or '–')}</td></tr>"
        for paid in payments[:200]
    )
    head = "<tr><th>payment</th><th>amount</th><th>status</th><th>given back</th></tr>"
    return _page("Sandbox gateway", f"<h1>Sandbox gateway</h1>{SANDBOX}<table>{head}{rows}</table>")


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{content}</main></body></html>"
    )
