"""Sender interfaces: paged lists of locations, tariffs, sessions and CDRs, and single locations.

Source: OCPI 2.2.1, transport and format, pagination; the GET methods of the modules.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from urllib.parse import urlencode

from emsp.core.wire import encode, load_json
from ocpi.simulator.envelope import Answer, Call, Refusal, success
from ocpi.simulator.faults import Faults
from ocpi.simulator.network import Network
from ocpi.simulator.store import Store
from ocpi.simulator.values import Json, moment

PAGE_LIMIT = 25
UNDATED = "1970-01-01T00:00:00Z"


class Senders:
    """GET below our locations, tariffs, sessions and cdrs URLs."""

    def __init__(self, store: Store, network: Network, faults: Faults, url: Callable[[str], str]) -> None:
        self._store, self._network, self._faults, self._url = store, network, faults, url

    def serve(self, module: str, call: Call, segments: list[str]) -> Answer:
        """Answer one request; every module here knows GET, sessions also charging preferences."""
        if module == "sessions" and call.method == "PUT" and segments[1:] == ["charging_preferences"]:
            raise Refusal(404, 2001, "no EVSE here is CHARGING_PREFERENCES_CAPABLE")
        if call.method != "GET":
            raise Refusal(405, 2000, f"{module} know GET only")
        with self._store.lock:
            if segments:
                return success(self._single(module, segments))
            return self._page(module, call, self._all(module))

    def _all(self, module: str) -> Iterable[Json]:
        state = self._store.state
        sources: dict[str, dict[str, Json]] = {
            "locations": self._network.locations,
            "tariffs": self._network.tariffs,
            "sessions": state.sessions,
            "cdrs": state.cdrs,
        }
        return sources[module].values()

    def _single(self, module: str, segments: list[str]) -> Json:
        if module != "locations" or len(segments) > 3:
            raise Refusal(404, 2000, f"{module} have no object URLs at the Sender")
        if len(segments) == 3:
            return self._network.connector(segments[0], segments[1], segments[2])
        if len(segments) == 2:
            return self._network.spot(segments[0], segments[1]).evse
        return self._network.location(segments[0])

    def _page(self, module: str, call: Call, rows: Iterable[Json]) -> Answer:
        since, until = _moment_in(call, "date_from"), _moment_in(call, "date_to")
        if module == "sessions" and since is None:
            raise Refusal(200, 2001, "date_from: required, but missing")
        offset = _count_in(call, "offset", 0, least=0)
        limit = min(_count_in(call, "limit", PAGE_LIMIT, least=1), PAGE_LIMIT)
        wanted = [row for row in rows if _updated_between(row, since, until)]
        page = wanted[offset : offset + limit]
        headers = {"X-Total-Count": str(len(wanted)), "X-Limit": str(PAGE_LIMIT)}
        if offset + limit < len(wanted):
            query = {**call.query, "offset": str(offset + limit), "limit": str(limit)}
            headers["Link"] = f'<{self._url(module)}?{urlencode(query)}>; rel="next"'
        if page and self._faults.spoils_object(call.path):
            page = [_spoiled(page[0]), *page[1:]]
        return success(page, headers=headers)


def _updated_between(row: Json, since: datetime | None, until: datetime | None) -> bool:
    """date_from is inclusive, date_to exclusive, both on last_updated. Source: OCPI 2.2.1, pagination."""
    if since is None and until is None:
        return True
    try:
        updated = moment(str(row.get("last_updated") or UNDATED))
    except ValueError:
        updated = moment(UNDATED)  # a file from the field
    return (since is None or updated >= since) and (until is None or updated < until)


def _spoiled(row: Json) -> Json:
    """A copy that no reader can accept: what every object of its kind must have is broken."""
    broken: Json = load_json(encode(row))
    broken.pop("coordinates", None)
    return {**broken, "last_updated": "yesterday", "elements": 7, "kwh": "a lot"}


def _moment_in(call: Call, name: str) -> datetime | None:
    text = call.query.get(name)
    if not text:
        return None
    try:
        return moment(text)
    except ValueError:
        raise Refusal(200, 2001, f"{name}: not a DateTime") from None


def _count_in(call: Call, name: str, default: int, *, least: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise Refusal(200, 2001, f"{name}: not a whole number of at least {least}")
    return int(text)
