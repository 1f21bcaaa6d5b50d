"""An operator's lists: pages and their headers, date filters, order, objects. Source: OCPI 2.2.1, pagination."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from emsp.core.wire import Wire, WireError, moment_text
from emsp.developer.conformance.checks import FAILED, PASSED, SKIPPED, Check, Checks, judge
from emsp.developer.conformance.cpo_calls import Calls, Reply
from ocpi.client.links import next_link, on_host_of
from ocpi.wire import scalars
from ocpi.wire.reading import Finding, read
from ocpi.wire.v2_2_1.cdrs import Cdr
from ocpi.wire.v2_2_1.sessions import Session
from ocpi.wire.v2_2_1.tariffs import Tariff
from ocpi.wire.v2_2_1.trees import read_location

LISTS = ("locations", "tariffs", "sessions", "cdrs")
TYPES: dict[str, type[Wire]] = {"tariffs": Tariff, "sessions": Session, "cdrs": Cdr}
PAGE = 50  # objects asked for and read of each list
SINCE = "2000-01-01T00:00:00Z"


def examine(calls: Calls, module: str) -> Checks:
    """Everything about one list; skipped where the operator has none."""
    url = calls.url(module)
    if url is None:
        yield Check(f"{module}.offered", f"{module}: is offered", SKIPPED, "the operator has no such module")
        return
    reply = calls.get(url, limit=PAGE, date_from=SINCE)
    listed = reply.well and isinstance(reply.data, list)
    problem = None if listed else f"a list in an envelope is expected, got {reply.told()}"
    yield judge(f"{module}.list", f"{module}: gives its list", problem, f"{_count(reply)} objects on a page")
    if not listed:
        return
    objects: list[Any] = reply.data
    yield _headers(module, reply)
    yield _link(calls, module, url, reply)
    yield _date_from(calls, module, url, objects)
    yield _date_to(calls, module, url)
    yield _order(module, objects)
    yield _objects(module, objects)


def _count(reply: Reply) -> int:
    return len(reply.data) if isinstance(reply.data, list) else 0


def _headers(module: str, reply: Reply) -> Check:
    problems = []
    for name, least in (("X-Total-Count", _count(reply)), ("X-Limit", 1)):
        text = reply.headers.get(name)
        if text is None:
            problems.append(f"{name} is missing")
        elif not (text.isascii() and text.isdecimal()) or int(text) < least:
            problems.append(f"{name} is {text[:20]!r}, at least {least} is expected")
    return judge(
        f"{module}.headers", f"{module}: tells X-Total-Count and X-Limit", "; ".join(problems) or None,
        f"{reply.headers.get('X-Total-Count')} objects",
    )  # fmt: skip


def _link(calls: Calls, module: str, url: str, whole: Reply) -> Check:
    """With pages of one object, the Link of the first page leads to another object."""
    id, title = f"{module}.link", f"{module}: Link leads to the next page"
    if _count(whole) < 2:
        return Check(id, title, SKIPPED, "fewer than two objects")
    first = calls.get(url, limit=1, date_from=SINCE)
    target = next_link(first.headers.get("Link"))
    if _count(first) != 1:
        return Check(id, title, FAILED, f"limit=1 gave {_count(first)} objects")
    if target is None:
        return Check(id, title, FAILED, 'there are more objects, but no Link with rel="next"')
    second = calls.get(on_host_of(url, target) or url)
    if not second.well or _count(second) == 0:
        return Check(id, title, FAILED, f"the next page: {second.told()}, {_count(second)} objects")
    same = second.data[0] == first.data[0]
    return judge(id, title, "the next page begins with the same object" if same else None, "one object a page")


def _date_from(calls: Calls, module: str, url: str, objects: list[Any]) -> Check:
    """date_from is inclusive: it keeps the newest object and what is as new, and nothing older."""
    id, title = f"{module}.date_from", f"{module}: date_from filters by last_updated, inclusive"
    moments = [at for at in map(_moment, objects) if at is not None]
    if not moments:
        return Check(id, title, SKIPPED, "no object with a last_updated")
    newest = max(moments).replace(microsecond=0)
    reply = calls.get(url, limit=PAGE, date_from=moment_text(newest))
    if not reply.well or not isinstance(reply.data, list):
        return Check(id, title, FAILED, reply.told())
    found = [at for at in map(_moment, reply.data) if at is not None]
    older = sum(at < newest for at in found)
    if older:
        return Check(id, title, FAILED, f"{older} of {len(found)} objects are older than {moment_text(newest)}")
    return judge(id, title, None if found else "the newest object is left out", f"{len(found)} objects")


def _date_to(calls: Calls, module: str, url: str) -> Check:
    """Nothing was changed before 2000; a day that has not come has nothing either."""
    id, title = f"{module}.date_to", f"{module}: date_to and a date_from in the future give nothing"
    tomorrow = moment_text(datetime.now(UTC) + timedelta(days=1))
    for given in ({"date_from": "1999-01-01T00:00:00Z", "date_to": SINCE}, {"date_from": tomorrow}):
        reply = calls.get(url, limit=PAGE, **given)
        if not reply.well or reply.data not in ([], None):
            detail = f"{', '.join(given)}: {reply.told()}, {_count(reply)} objects"
            return Check(id, title, FAILED, detail)
    return Check(id, title, PASSED, "nothing")


def _order(module: str, objects: list[Any]) -> Check:
    """OCPI advises to put new objects at the end, so that a crawl does not miss what slides."""
    moments = [at for at in map(_moment, objects) if at is not None]
    out_of_order = sum(later < earlier for earlier, later in zip(moments, moments[1:], strict=False))
    problem = f"{out_of_order} of {len(moments)} objects are older than the one before" if out_of_order else None
    return judge(f"{module}.order", f"{module}: oldest last_updated first", problem, softly=True)


def _objects(module: str, objects: list[Any]) -> Check:
    problems = [f"{_name(entry)} {problem}" for entry in objects for problem in flaws(module, entry)]
    title = f"{module}: every object has the form of 2.2.1"
    if problems:
        wrong = len({problem.split(" ", 1)[0] for problem in problems})
        return Check(f"{module}.objects", title, FAILED, f"{wrong} of {len(objects)} are wrong", problems)
    return Check(f"{module}.objects", title, PASSED, f"{len(objects)} read")


def flaws(module: str, entry: Any) -> Iterator[str]:
    """What is wrong with an object, as `evses[0].status: reason`."""
    findings: list[Finding] = []
    lost: list[WireError] = []
    try:
        if module == "locations":
            read_location(entry, lost, findings)
        else:
            read(entry, TYPES[module], findings)
    except WireError as error:
        yield str(error)
    yield from (str(error) for error in lost)
    yield from (f"{finding.path}: {finding.reason}" for finding in findings)


def _name(entry: Any) -> str:
    name = entry.get("id") if isinstance(entry, dict) else None
    return "".join(name.split())[:60] if isinstance(name, str) and name.strip() else "?"


def _moment(entry: Any) -> datetime | None:
    try:
        return scalars.moment(entry["last_updated"])
    except (KeyError, TypeError, ValueError):
        return None
