"""Tariffs as CPOs tell them, with every version kept: the one way in, for pushes and for pulls.

Source: OCPI 2.2.1, mod_tariffs; ocpi.md 3.2, 4.1, T49. News: ocpi.signals.tariffs_stored.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max

from emsp.core.wire import moment_text
from ocpi.models import Party, Tariff, TariffVersion, contract_key
from ocpi.services.keyed_rows import BATCH, lock_or_create, rewrite
from ocpi.services.ownership import currency_of, same_id
from ocpi.services.reading_objects import newest, read_pushed, readable
from ocpi.services.refusals import UnknownObject
from ocpi.services.reports import StoreReport
from ocpi.signals import tariffs_stored
from ocpi.wire import scalars
from ocpi.wire.reading import read
from ocpi.wire.repair import repaired
from ocpi.wire.v2_2_1 import tariffs as wire

log = logging.getLogger(__name__)

FIELDS = ["currency", "raw", "last_updated", "received_at", "deleted_at"]


def store_tariffs(
    party: Party, objects: Sequence[Any], *, received_at: datetime, check_order: bool = True
) -> StoreReport:
    """Store a page of Tariff objects (as from load_json). One that cannot be read loses only itself.

    A version is added when more than last_updated changed. A deleted tariff that comes again is back.
    check_order: False also takes what is older than what is stored.
    """
    report = StoreReport()
    read = partial(_row, party, received_at=received_at)
    fresh = newest(readable(party, objects, read, report))
    _store(party, fresh, report, check_order=check_order and party.connection.check_last_updated)
    return report


def store_tariff(party: Party, tariff_id: str, given: Any, *, received_at: datetime) -> bool:
    """Store a pushed Tariff; True when it is new or had been deleted.

    Raises InvalidObject naming the member.
    """
    row = read_pushed(party, given, partial(_row, party, received_at=received_at))
    same_id("id", row.ocpi_id, tariff_id)
    report = StoreReport()
    _store(party, {row.key: row}, report, check_order=party.connection.check_last_updated)
    if report.ignored:
        log.info("PUT of tariff %s came too late, ignored", tariff_id)
    return bool(report.created)


def contract_row(party: Party, stands_for: str, given: dict[str, Any], *, at: datetime) -> Tariff:
    """A price agreed beside OCPI, not stored yet. Source: ocpi.md T48.

    stands_for: id of the CPO's tariff in whose place it counts; empty for all that have no other.
    given: currency, elements and what else a Tariff may have; id, owner and last_updated are made here.
    Raises InvalidObject naming the member.
    """
    own = {
        "country_code": party.country_code, "party_id": party.party_id,
        "id": f"contract {stands_for.strip()}".strip(), "last_updated": moment_text(at),
    }
    row = read_pushed(party, given | own, partial(_row, party, received_at=at))
    row.key = contract_key(stands_for)
    return row


def keep_contract(row: Tariff) -> Tariff:
    """Store what contract_row made, as a new version where the contract tariff was there before."""
    _store(row.party, {row.key: row}, StoreReport(), check_order=False)
    return Tariff.objects.get(party=row.party, key=row.key)


def end_contract(tariff: Tariff, *, at: datetime) -> None:
    """A contract tariff counts no longer; what was sold by it stays so. Raises UnknownObject when it had ended before."""
    _end(tariff.party, tariff.key, at)


def delete_tariff(party: Party, tariff_id: str, *, deleted_at: datetime) -> None:
    """Note that a tariff is no longer offered; its versions stay for the sessions that were sold with it.

    Raises UnknownObject when there is no such tariff.
    """
    _end(party, tariff_id.strip().casefold(), deleted_at)


@transaction.atomic
def _end(party: Party, key: str, deleted_at: datetime) -> None:
    row = Tariff.objects.select_for_update(no_key=True).filter(party=party, key=key, deleted_at=None).first()
    if row is None:
        raise UnknownObject("tariffs", "tariff")
    row.deleted_at = deleted_at
    row.save(update_fields=["deleted_at"])
    tariffs_stored.send(sender=Tariff, tariff_ids=[row.pk])


def _row(party: Party, given: Any, received_at: datetime) -> Tariff:
    value = read(given, wire.Tariff)
    return Tariff(
        party=party,
        ocpi_id=value.id,
        key=value.id.casefold(),
        currency=currency_of(value.currency),
        raw=scalars.storable(repaired(given, value)),
        last_updated=value.last_updated,
        received_at=received_at,
    )


@transaction.atomic
def _store(party: Party, fresh: dict[str, Tariff], report: StoreReport, *, check_order: bool) -> None:
    rows, created = lock_or_create(Tariff, party, fresh)
    last_numbers = _last_numbers(rows.values())
    changed: list[Tariff] = []
    renewed: list[Tariff] = []
    back: list[Tariff] = []
    for key, new in fresh.items():
        row = rows[key]
        report.saw(new.ocpi_id, new.last_updated)
        if check_order and new.last_updated < row.last_updated:
            report.ignored += 1
            continue
        if row.deleted_at is not None:
            back.append(row)
        if row.pk not in last_numbers or _content(row.raw) != _content(new.raw):
            renewed.append(row)
        if key not in created and (row in back or row in renewed or row.last_updated != new.last_updated):
            row.currency, row.raw, row.last_updated = new.currency, new.raw, new.last_updated
            row.received_at, row.deleted_at = new.received_at, None
            changed.append(row)
    report.created = len(created) + len(back)
    rewrite(Tariff, changed, FIELDS)
    _add_versions(renewed, last_numbers)
    told = {row.pk for row in renewed + back}
    if told:
        tariffs_stored.send(sender=Tariff, tariff_ids=sorted(told))


def _last_numbers(rows: Iterable[Tariff]) -> dict[int, int]:
    """Number of the newest version by tariff; a tariff that was made just now has none."""
    versions = TariffVersion.objects.filter(tariff__in=[row.pk for row in rows]).order_by()
    return dict(versions.values_list("tariff").annotate(Max("number")))


def _add_versions(rows: list[Tariff], last_numbers: dict[int, int]) -> None:
    TariffVersion.objects.bulk_create([
        TariffVersion(
            tariff=row, number=last_numbers.get(row.pk, 0) + 1, raw=row.raw, last_updated=row.last_updated,
            received_at=row.received_at,
        )
        for row in rows
    ], BATCH)


def _content(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name != "last_updated"}
