"""The page at /: stations, sessions, faults and recent calls, for people."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from ocpi.simulator.charging import Charging
from ocpi.simulator.envelope import Answer
from ocpi.simulator.faults import Faults
from ocpi.simulator.journal import Journal
from ocpi.simulator.network import Network
from ocpi.simulator.store import Store
from ocpi.simulator.values import Json

REFRESH_S = 5
SESSIONS_SHOWN = 15
STYLE = """
:root { color-scheme: light dark; --line: #d7dbe0; --soft: #5d6773; --back: #ffffff; --fore: #1a2129; --tint: #f3f5f7;
  --free: #1a7f45; --busy: #1f5fbf; --held: #8a5a00; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --line: #333b45; --soft: #98a3af; --back: #14181d; --fore: #e4e8ec;
  --tint: #1d232a; --free: #57c785; --busy: #79aef5; --held: #e0b155; --bad: #f2867e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 4rem; background: var(--back); color: var(--fore);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { color: var(--soft); margin: .25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
  white-space: nowrap; }
.wrap { white-space: normal; }
th { color: var(--soft); font-weight: 500; font-size: .85rem; white-space: nowrap; }
td.number, th.number { text-align: right; }
code { background: var(--tint); padding: .1rem .3rem; border-radius: 3px; font-size: .85em; overflow-wrap: anywhere; }
.AVAILABLE { color: var(--free); } .CHARGING, .ACTIVE, .PENDING { color: var(--busy); }
.RESERVED, .RESERVATION { color: var(--held); }
.OUTOFORDER, .INOPERATIVE, .BLOCKED, .INVALID, .failed { color: var(--bad); }
"""


class Page:
    """Renders the present state as HTML."""

    def __init__(
        self,
        store: Store,
        network: Network,
        faults: Faults,
        charging: Charging,
        journal: Journal,
        name: str,
    ) -> None:
        self._store, self._network, self._faults = store, network, faults
        self._charging, self._journal, self._name = charging, journal, name

    def render(self) -> Answer:
        """The page; it reloads itself."""
        with self._store.lock:
            parts = [self._head(), self._sessions(), self._fault_list(), self._calls(), self._stations()]
        name = escape(self._name)
        html = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name} · CPO simulator</title>'
            f'<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="{REFRESH_S}">'
            f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
        )
        return Answer(200, html.encode(), content_type="text/html; charset=utf-8")

    def _head(self) -> str:
        registration = self._store.state.registration
        roles = registration.peer.get("roles") or []
        names = ", ".join(f"{row['country_code']}-{row['party_id']}" for row in roles)
        peer = f"Registered with {escape(names)}." if registration.token_out else "No eMSP is registered."
        return (
            f"<h1>{escape(self._name)}</h1><p>An OCPI 2.2.1 charge point operator, simulated. {peer} "
            f"One real second is {self._charging.speed:g} simulated ones.</p>"
        )

    def _sessions(self) -> str:
        newest = list(self._store.state.sessions.values())[-SESSIONS_SHOWN:][::-1]
        rows = [
            [
                f"<code>{escape(row['id'])}</code>",
                escape(row["evse_uid"]),
                _word(row["status"]),
                escape(_short(row["start_date_time"])),
                escape(_short(row.get("end_date_time", ""))),
                f"{row['kwh']} kWh",
                _money(row),
            ]
            for row in newest
        ]
        return _section(
            "Sessions",
            ["Session", "EVSE", "Status", "Began (UTC)", "Ended (UTC)", "#Energy", "#Cost incl. VAT"],
            rows,
        )

    def _fault_list(self) -> str:
        rows = [
            [
                escape(fault.kind),
                escape(fault.command or fault.path or "everything"),
                "until reset" if fault.times is None else f"{fault.times} more",
            ]
            for fault in self._faults.active()
        ]
        return _section("Faults switched on", ["Kind", "Where", "How often"], rows)

    def _calls(self) -> str:
        rows = [
            [
                f"{entry.at:%H:%M:%S}",
                "from eMSP" if entry.direction == "in" else "to eMSP",
                escape(entry.method),
                f"<code>{escape(entry.path)}</code>",
                _status(entry.status, entry.note),
                f"{entry.duration_ms} ms",
            ]
            for entry in self._journal.newest_first()[:25]
        ]
        return _section("Recent calls", ["UTC", "Direction", "Method", "Path", "Answer", "#Took"], rows)

    def _stations(self) -> str:
        rows = [
            [
                escape(str(location.get("name") or location["id"])),
                escape(str(location.get("city") or "")),
                f'<span class="wrap">{", ".join(_evse(evse) for evse in location.get("evses") or [])}</span>',
            ]
            for location in self._network.locations.values()
        ]
        return _section(f"Stations ({len(rows)})", ["Station", "City", "EVSEs"], rows)


def _section(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a column whose title begins with # holds numbers. Cells are HTML already."""
    kinds = [' class="number"' if name.startswith("#") else "" for name in columns]
    head = "".join(
        f"<th{kind}>{escape(name.lstrip('#'))}</th>" for kind, name in zip(kinds, columns, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    )
    table = f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>' if body else "<p>None.</p>"
    return f"<h2>{escape(title)}</h2>{table}"


def _word(text: str) -> str:
    return f'<span class="{escape(text)}">{escape(text)}</span>'


def _evse(evse: Json) -> str:
    powers = [row.get("max_electric_power") or 0 for row in evse.get("connectors") or []]
    return f"{_word(str(evse.get('status')))} {max(powers, default=0) / 1000:g} kW"


def _money(session: Json) -> str:
    cost = (session.get("total_cost") or {}).get("incl_vat")
    return "" if cost is None else f"{escape(session['currency'])} {cost:.2f}"


def _status(status: int, note: str) -> str:
    text = escape(" · ".join(part for part in (str(status or "–"), note) if part))
    return f'<span class="failed">{text}</span>' if note or not 200 <= status < 300 else text


def _short(text: str) -> str:
    return f"{datetime.fromisoformat(text):%d %b %H:%M:%S}" if text else ""
