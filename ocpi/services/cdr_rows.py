"""From OCPI's CDR to the columns of our row, and what is implausible about it.

Source: OCPI 2.2.1, mod_cdrs; ocpi.md 3.4 (quarantine, credit CDR), T65, T69.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from ocpi.models import Cdr, Party
from ocpi.services.ownership import currency_of
from ocpi.wire import scalars
from ocpi.wire.content import content_digest
from ocpi.wire.reading import read
from ocpi.wire.v2_2_1 import cdrs as wire
from ocpi.wire.v2_2_1.trees import without

FOUR_PLACES = Decimal("0.0001")
TEXT_LIMIT = 255
NOTE_LIMIT = 200
NO_REFERENCE = "a credit CDR without credit_reference_id"
# A sender may stamp a repetition anew; that alone does not make it another CDR.
NOT_CONTENT = frozenset({"last_updated"})
_CREDIT_SUFFIX = re.compile(r"-C\d*$", re.IGNORECASE)


def read_row(party: Party, given: Any, received_at: datetime) -> Cdr:
    """An unsaved row of a CDR object. Raises WireError naming the member that is missing or wrong.

    The amounts of a credit CDR are negative, whatever sign the sender gave them (T65).
    """
    value = read(given, wire.Cdr)
    incl_vat = value.total_cost.incl_vat
    return Cdr(
        party=party,
        ocpi_id=value.id,
        key=value.id.casefold(),
        session_id=value.session_id or "",
        authorization_reference=(value.authorization_reference or "").strip()[:TEXT_LIMIT],
        token_uid=value.cdr_token.uid,
        evse_uid=value.cdr_location.evse_uid.strip()[:TEXT_LIMIT],
        start_at=value.start_date_time,
        end_at=value.end_date_time,
        currency=currency_of(value.currency),
        total_energy_kwh=value.total_energy.quantize(FOUR_PLACES),
        total_cost_excl_vat=_amount(value.total_cost.excl_vat, value.credit),
        total_cost_incl_vat=None if incl_vat is None else _amount(incl_vat, value.credit),
        credit=value.credit,
        credit_reference_id=value.credit_reference_id or "",
        raw=scalars.storable(without(given)),
        body_hash=content_digest(given, without=NOT_CONTENT),
        received_at=received_at,
        quarantine=implausible(value),
    )


def implausible(value: wire.Cdr) -> str:
    """Why a CDR cannot be right as it stands; empty when nothing in it says so."""
    notes = []
    if value.end_date_time < value.start_date_time:
        notes.append("it ends before it starts")
    if value.total_energy < 0:
        notes.append("negative total_energy")
    if value.credit and not value.credit_reference_id:
        notes.append(NO_REFERENCE)
    if value.total_energy > 0 and value.total_cost.excl_vat == 0 and _priced(value.tariffs):
        notes.append("energy at a price, but no cost")
    if _factor_1000(value):
        notes.append("the energy of its periods is a thousand times its total, or a thousandth: Wh for kWh")
    return "; ".join(notes)[:NOTE_LIMIT]


def link_credit(party: Party, rows: Iterable[Cdr]) -> list[Cdr]:
    """Credit CDRs without a reference whose id is that of an earlier CDR with `-C` at its end.

    Their rows now name that CDR and are given back to be written.
    """
    wanted = {
        _CREDIT_SUFFIX.sub("", row.key): row
        for row in rows if row.credit and not row.credit_reference_id and _CREDIT_SUFFIX.search(row.key)
    }
    if not wanted:
        return []
    found = Cdr.objects.filter(party=party, key__in=wanted, credit=False)
    linked = []
    for original in found:
        row = wanted[original.key]
        row.credit_reference_id = original.ocpi_id
        row.quarantine = row.quarantine.replace(NO_REFERENCE, "").strip("; ")
        linked.append(row)
    return linked


def _amount(value: Decimal, credit: bool) -> Decimal:
    return (-abs(value) if credit else value).quantize(FOUR_PLACES)


def _priced(tariffs: list[Any]) -> bool:
    """Whether any component of the tariffs in the CDR has a price."""
    for tariff in tariffs:
        elements = tariff.get("elements") if isinstance(tariff, dict) else None
        for element in elements if isinstance(elements, list) else []:
            parts = element.get("price_components") if isinstance(element, dict) else None
            for part in parts if isinstance(parts, list) else []:
                try:
                    if isinstance(part, dict) and scalars.number(part.get("price")) > 0:
                        return True
                except ValueError:
                    continue
    return False


def _factor_1000(value: wire.Cdr) -> bool:
    taken = sum(
        (part.volume for period in value.charging_periods for part in period.dimensions
         if part.type.upper() == "ENERGY"),
        Decimal(0),
    )
    if taken <= 0 or value.total_energy <= 0:
        return False
    ratio = max(taken, value.total_energy) / min(taken, value.total_energy)
    return 900 < ratio < 1100
