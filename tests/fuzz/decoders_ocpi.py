"""The decoders of OCPI: objects of every module, PATCH, lists and their headers, and prices of accepted tariffs."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.pricing import TariffError, energy_price_at, energy_price_changes_at, price_facts, price_periods
from catalog.pricing.lint import lint
from emsp.core.errors import DomainError
from emsp.core.wire import WireError, encode, load_json
from ocpi.authentication import token_candidates
from ocpi.client.envelope import one_object, read_envelope
from ocpi.client.errors import PeerError
from ocpi.client.foreign import in_envelope
from ocpi.client.lenient import load_leniently
from ocpi.client.links import next_link, on_host_of, parameter, with_parameters
from ocpi.client.pages import Crawl
from ocpi.client.peer import _command_answer
from ocpi.client.transport import Exchange
from ocpi.feeds import ADAPTERS, adapter
from ocpi.models import Party
from ocpi.receiver.location_paths import targets
from ocpi.services import cdr_rows, handshake, location_rows, session_rows
from ocpi.services.ownership import check_owner, currency_of, id_of
from ocpi.services.token_answers import PageWish
from ocpi.wire import patching, scalars
from ocpi.wire.content import content_digest
from ocpi.wire.reading import read
from ocpi.wire.repair import repaired
from ocpi.wire.v2_2_1 import commands, locations, sessions, tariffs, tokens, trees
from ocpi.wire.v2_2_1.periods import merged_periods, readable_periods
from sessions.audit.case import objects
from tests.fuzz import seeds
from tests.fuzz.choices import Choices
from tests.fuzz.spoiling import spoiled, spoiled_header, spoiled_text

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PARTY = Party(country_code="IN", party_id="CPA")
BASE = "https://cpo.example/ocpi/2.2.1/locations"


def _message(source: bytes, kind: str) -> Any:
    """A spoiled object, read as from a push or as from a pulled page."""
    raw = spoiled(source, seeds.ocpi(kind))
    return load_json(raw) if len(raw) % 2 else load_leniently(raw)


def location(source: bytes) -> bool:
    """A Location with EVSEs and connectors, to the columns of its rows."""
    try:
        given = _message(source, "locations")
        check_owner(PARTY, given)
        node = trees.read_location(given, [], [])
    except WireError:
        return False
    columns = [location_rows.location_columns(node)]
    for evse in node.evses:
        columns += [location_rows.evse_columns(evse), *map(location_rows.connector_columns, evse.connectors)]
    encode([each["raw"] for each in columns])
    return True


def evse(source: bytes) -> bool:
    """An EVSE alone, or a connector."""
    try:
        if source[:1] > b"\x7f":
            location_rows.connector_columns(trees.read_connector(_message(source, "connectors")))
        else:
            location_rows.evse_columns(trees.read_evse(_message(source, "evses"), []))
    except WireError:
        return False
    return True


def tariff(source: bytes) -> bool:
    """A Tariff, to its row's content; and what is accepted is priced."""
    try:
        given = _message(source, "tariffs")
        value = read(given, tariffs.Tariff)
        currency_of(value.currency)
        raw = scalars.storable(repaired(given, value))
    except WireError:
        return False
    encode(raw)
    raw = load_json(encode(raw))
    lint(raw)
    lint(raw, ocpi_version="2.1.1", country_code="IN")
    return _priced(raw)


def _priced(raw: Any) -> bool:
    facts = {"time_zone": "Europe/Amsterdam", "segments": [
        {"start": NOW, "end": NOW + timedelta(hours=9), "activity": "CHARGING", "kwh": Decimal("33.3")},
    ]}  # fmt: skip
    try:
        price_periods(raw, [seeds.PERIOD], time_zone="Asia/Kolkata", end=NOW + timedelta(days=1)).explanation  # noqa: B018
        price_facts(raw, facts)
        energy_price_at(raw, NOW, time_zone="Asia/Kolkata", power_kw=Decimal(22))
        energy_price_changes_at(raw, NOW, time_zone="Asia/Kolkata")
    except TariffError:
        return False
    return True


def session(source: bytes) -> bool:
    """A Session, to its row."""
    try:
        given = _message(source, "sessions")
        check_owner(PARTY, given)
        row = session_rows.read_row(PARTY, given, NOW)
    except WireError:
        return False
    encode(row.raw)
    merged_periods(row.raw.get("charging_periods", []), readable_periods([seeds.PERIOD]))
    return True


def cdr(source: bytes) -> bool:
    """A CDR, to its row; its periods are priced by its own tariff."""
    try:
        given = _message(source, "cdrs")
        check_owner(PARTY, given)
        row = cdr_rows.read_row(PARTY, given, NOW)
    except WireError:
        return False
    stored = load_json(encode(row.raw))
    try:
        for each in objects(stored.get("tariffs")):
            price_periods(each, stored["charging_periods"], time_zone="Asia/Kolkata", end=row.end_at)
    except TariffError:
        return False
    return True


PATCHED = {
    "locations": (locations.Location, frozenset({"id", "evses"})), "evses": (locations.Evse, frozenset({"uid"})),
    "connectors": (locations.Connector, frozenset({"id"})), "sessions": (sessions.Session, frozenset({"id"})),
}  # fmt: skip


def patch(source: bytes) -> bool:
    """A PATCH on a stored object; what comes out of it is an object again."""
    kind = tuple(PATCHED)[source[0] % 4] if source else "evses"
    wanted, keep = PATCHED[kind]
    try:
        given = _message(source[1:], kind)
        if not isinstance(given, dict):
            return False
        merged = patching.patched(load_json(seeds.ocpi(kind)[0].encode()), given, wanted, keep=keep)
    except WireError:
        return False
    read(merged, wanted)
    encode(scalars.storable(merged))
    return True


def credentials(source: bytes) -> bool:
    """Credentials that a peer brings."""
    try:
        handshake.read_credentials(_message(source, "credentials"))
    except (WireError, DomainError):
        return False
    return True


def answer(source: bytes) -> bool:
    """An envelope with a CommandResponse, a CommandResult, or a place in it, as a peer answers."""
    choices = Choices(source[:4])
    kind = choices.pick(("results", "references"))
    data = spoiled(source[4:], seeds.ocpi(kind))
    body = b'{"status_code": %s, "status_message": "x", "timestamp": "2026-03-01T00:00:00Z", "data": %s}' % (
        choices.pick((b"1000", b"2003", b'"1000"', b"1000.0", b"1e999999999", b"null", b'"\\u0000"')), data
    )
    status = choices.pick((200, 201, 204, 301, 400, 404, 500, 999))
    headers = {"Retry-After": spoiled_header(Choices(source[4:]), "Wed, 21 Oct 2026 07:28:00 GMT")}
    try:
        envelope = read_envelope(Exchange(BASE, status, headers, body))
    except PeerError as error:
        _command_answer(error.data, error.code or 0, error.reason)
        return False
    _command_answer(envelope.data, envelope.code, "")
    try:
        read(one_object(envelope.data), commands.CommandResult if kind == "results" else tokens.LocationReferences)
    except WireError:
        return False
    return True


def page(source: bytes) -> bool:
    """A list read to its end, whatever its Link, X-Total-Count and X-Limit say."""
    choices = Choices(source)
    asked = 0

    def fetch(url: str) -> tuple[Any, Mapping[str, str]]:
        nonlocal asked
        asked += 1
        if asked > 40:
            raise PeerError("enough", sent=True)
        link = f'<{BASE}?offset={asked}&limit=2>; rel="next"'
        names = {"Link": link, "X-Total-Count": "7", "X-Limit": "2"}
        headers = {name: spoiled_header(choices, value) for name, value in names.items() if not choices.one_in(5)}
        data: Any = choices.pick(([{"id": asked}], [{"id": asked}, {"id": 0}], [], None, {}, [None], "x"))
        return data, headers

    try:
        for found in Crawl(fetch, BASE, limit=2, sleep=lambda _: None):
            assert isinstance(found.objects, list)
    except PeerError:
        return False
    return True


def headers_and_addresses(source: bytes) -> bool:
    """Link headers, addresses, tokens and queries."""
    choices = Choices(source)
    link = spoiled_header(choices, f'<{BASE}?offset=2>; rel="next", <../x>; rel=prev; title="a\\"b"')
    target = next_link(link)
    found = on_host_of(BASE, target) if target else None
    if found:
        parameter(with_parameters(found, offset=1), "offset")
    token_candidates(spoiled_header(choices, "Token dG9rZW4tdGhhdC10aGV5LXNlbmQ="))
    for each in targets(spoiled_text(choices, "LOC-1/EVSE-1/1")):
        each.is_called({"id": choices.pick(("1", 1, None, [], {}))})
    names = {"date_from": "2026-03-01T00:00:00Z", "date_to": "2026-03-02T00:00:00Z", "offset": "0", "limit": "50"}
    try:
        PageWish.of({name: spoiled_text(choices, value) for name, value in names.items()})
    except DomainError:
        return False
    return found is not None


def content(source: bytes) -> bool:
    """Digests, and what is stored of objects that are not understood."""
    try:
        given = _message(source, "cdrs")
    except WireError:
        return False
    id_of(given)
    encode(scalars.storable(given))
    if isinstance(given, dict):
        content_digest(given, without=frozenset({"last_updated"}))
    return True


def feed(source: bytes) -> bool:
    """What a feed adapter makes of an object, a part of one or a list of them; a second time it changes nothing."""
    choices = Choices(source[:2])
    chosen = adapter(choices.pick(tuple(ADAPTERS)))
    module, kind = choices.pick((("locations", "locations"), ("locations", "connectors"), ("tariffs", "tariffs")))
    try:
        value = chosen.translate(module, _message(source[2:], kind))
    except WireError:
        return False
    encode(value)
    return bool(chosen.translate(module, value) == value)


def foreign_list(source: bytes) -> bool:
    """An answer without an envelope, brought into one and read."""
    raw = spoiled(source, seeds.ocpi("foreign lists"))
    answer = in_envelope(Exchange(BASE, 200, {}, raw), ADAPTERS["foreign_lists"])
    try:
        found = read_envelope(answer)
    except PeerError:
        return False
    target = next_link(answer.headers.get("Link", ""))
    on_host_of(BASE, target or BASE)
    return isinstance(found.data, list)
