"""Rows that are found by party and key: locked together, made when missing, written together."""

from collections.abc import Iterable
from typing import TypeVar

from ocpi.models import Cdr, Party, Session, Tariff

BATCH = 1000
R = TypeVar("R", Session, Tariff, Cdr)


def lock_or_create(model: type[R], party: Party, fresh: dict[str, R]) -> tuple[dict[str, R], set[str]]:
    """The rows with the keys of `fresh`, locked; those missing are made as they stand in `fresh`.

    Gives the rows by key, and the keys of those made here. Two requests may bring the same new object at once:
    the second one finds the row of the first.
    """
    rows = _locked(model, party, fresh)
    missing = [fresh[key] for key in sorted(fresh) if key not in rows]
    if not missing:
        return rows, set()
    model._default_manager.bulk_create(missing, BATCH, ignore_conflicts=True)
    made = _locked(model, party, [row.key for row in missing])
    created = {key for key, row in made.items() if row.received_at == fresh[key].received_at}
    return rows | made, created


def rewrite(model: type[R], rows: list[R], fields: list[str]) -> None:
    """Write these columns of rows that are locked, in one statement."""
    if rows:
        model._default_manager.bulk_create(
            rows, BATCH, update_conflicts=True, unique_fields=["party", "key"], update_fields=fields
        )


def _locked(model: type[R], party: Party, keys: Iterable[str]) -> dict[str, R]:
    rows = model._default_manager.filter(party=party, key__in=list(keys)).order_by("pk")
    return {row.key: row for row in rows.select_for_update(no_key=True)}
