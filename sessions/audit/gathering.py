"""From the rows of a CDR and its order to the case that is judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.services.offer_rows import power_of
from ocpi.models import Cdr, Connector, Session, Tariff, TariffVersion
from sessions.audit.case import Case, Other, objects
from sessions.audit.circumstances import named_tariffs
from sessions.audit.policies import thresholds_of
from sessions.models import CdrAudit, Order, QuoteKind
from sessions.states import DRAFTS, OrderState

NEVER_STARTED = DRAFTS | {OrderState.CONFIRMED, OrderState.FAILED, OrderState.EXPIRED}
LONGEST = timedelta(days=7)  # how far back an overlapping charge may have begun
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # a CDR may name any year
MOST_OTHERS = 5
KEY_LENGTH = 255
GIVEN_UP = frozenset({OrderState.CANCELLED, OrderState.FAILED, OrderState.EXPIRED})


@dataclass(frozen=True)
class _Place:
    """Where and by what a CDR was charged. power_w: None where unknown."""

    tariff: Mapping[str, Any] | None
    time_zone: str
    power_w: int | None


def case_of(order: Order | None, cdr: Cdr) -> Case:
    """Everything that is known about a CDR. order: its order, locked, None when it belongs to none of ours."""
    place = _ordered_place(order) if order else _reported_place(cdr)
    beside_charge = order is not None and is_beside_charge(order, cdr)
    session = order.session if order and not beside_charge else _session_of(cdr)
    ended = session is not None and session.status == "COMPLETED" and session.last_updated > cdr.start_at
    connection = cdr.party.connection
    quote = order.quote if order else None
    return Case(
        raw=cdr.raw,
        start_at=cdr.start_at,
        end_at=cdr.end_at,
        received_at=cdr.received_at,
        currency=cdr.currency,
        energy_kwh=cdr.total_energy_kwh,
        excl_vat=cdr.total_cost_excl_vat,
        incl_vat=cdr.total_cost_incl_vat,
        tariff=place.tariff,
        quoted=quote is not None,
        quoted_currency=quote.currency if quote else "",
        quoted_total=quote.total if quote else Decimal(0),
        known_tariffs=_known(cdr),
        time_zone=place.time_zone,
        ocpi_version=connection.version,
        step_mode=connection.step_mode,
        session_kwh=session.energy_kwh if session and ended else None,
        metered_kwh=session.energy_kwh if session else Decimal(0),
        power_w=place.power_w,
        overlapping=_overlapping(cdr),
        duplicate_of="" if order else _duplicate_of(cdr),
        order_failed=order is not None and not beside_charge and order.state in NEVER_STARTED,
        already_billed=order is not None and is_billed(order),
        beside_charge=beside_charge,
        limits=thresholds_of(cdr.party),
    )


def is_beside_charge(order: Order, cdr: Cdr) -> bool:
    """Whether a CDR is of the reservation alone while the order goes on, or went on, to a charge with a CDR of its own."""
    return order.state not in GIVEN_UP and cdr.is_of_reservation


def is_billed(order: Order) -> bool:
    """Whether a bill of the order counts and was not credited whole."""
    last = order.bills.filter(held="").select_related("quote").first()
    return last is not None and (last.quote.kind != QuoteKind.CREDIT or last.quote.total > 0)


def connector_of(cdr: Cdr) -> str:
    """The connector of a CDR as one text; empty when the CDR does not name its EVSE."""
    place = cdr.raw.get("cdr_location") or {}
    if not cdr.evse_uid:
        return ""
    return f"{cdr.party_id}/{cdr.evse_uid}/{place.get('connector_id') or ''}".casefold()[:KEY_LENGTH]


def _ordered_place(order: Order) -> _Place:
    offer, quote = order.offer, order.quote
    return _Place(quote.tariff if quote else None, offer.time_zone, offer.power_w)


def _reported_place(cdr: Cdr) -> _Place:
    """Without an order: the connector and the tariff that the CDR names, as our mirror has them."""
    place = cdr.raw.get("cdr_location") or {}
    connector = (
        Connector.objects.select_related("evse__location")
        .filter(
            evse__location__party=cdr.party,
            evse__location__key=str(place.get("id") or "").casefold(),
            evse__key=cdr.evse_uid.casefold(),
            key=str(place.get("connector_id") or "").casefold(),
        )
        .first()
    )
    zone = connector.evse.location.time_zone if connector else ""
    return _Place(_reported_tariff(cdr), zone, power_of(connector) if connector else None)


def _reported_tariff(cdr: Cdr) -> Mapping[str, Any] | None:
    stated = objects(cdr.raw.get("tariffs"))
    names = named_tariffs(cdr.raw)
    versions = TariffVersion.objects.filter(tariff__party=cdr.party, tariff__key__in=names)
    version = versions.filter(last_updated__lte=cdr.start_at).first() or versions.first()
    if version:
        return dict(version.raw)
    return stated[0] if stated else None


def _known(cdr: Cdr) -> frozenset[str]:
    keys = Tariff.objects.filter(party=cdr.party, key__in=named_tariffs(cdr.raw))
    return frozenset(keys.values_list("key", flat=True))


def _session_of(cdr: Cdr) -> Session | None:
    if not cdr.session_id:
        return None
    return Session.objects.filter(party=cdr.party, key=cdr.session_id.casefold()).first()


def _overlapping(cdr: Cdr) -> tuple[Other, ...]:
    connector = connector_of(cdr)
    if not connector:
        return ()
    rows = (
        CdrAudit.objects.filter(
            connector=connector,
            start_at__lt=cdr.end_at,
            start_at__gt=max(cdr.start_at, EARLIEST) - LONGEST,
            cdr__end_at__gt=cdr.start_at,
            cdr__credit=False,
            credited=False,
        )
        .exclude(cdr=cdr)
        .select_related("cdr")[:MOST_OTHERS]
    )
    return tuple(
        Other(row.cdr.ocpi_id, row.cdr.start_at, row.cdr.end_at, row.cdr.total_energy_kwh) for row in rows
    )


def _duplicate_of(cdr: Cdr) -> str:
    if not cdr.session_id:
        return ""
    others = CdrAudit.objects.filter(
        cdr__party=cdr.party, cdr__session_id=cdr.session_id, cdr__credit=False, credited=False
    ).exclude(cdr=cdr)
    return others.values_list("cdr__ocpi_id", flat=True).first() or ""
