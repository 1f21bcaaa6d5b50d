"""Brings what is encrypted at rest under the first of FIELD_ENCRYPTION_KEYS, so that an older key can be dropped."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import connection, models

from emsp.core import crypto
from emsp.core.fields import EncryptedBinaryField, EncryptedTextField

CHUNK = 200  # rows read at once; a message may have 200 kB


@dataclass
class Outcome:
    """Of one column: rows with a value, those that were under an older key, those that no key opens."""

    label: str
    rows: int = 0
    older: int = 0
    unreadable: int = 0


def columns() -> list[tuple[type[models.Model], Any]]:
    """Every encrypted field of every table of ours."""
    return [
        (model, field)
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField | EncryptedBinaryField)
    ]


def total() -> int:
    """How many rows run looks at, over all columns."""
    return sum(model._base_manager.count() for model, _ in columns())


def run(*, write: bool, progress: Callable[[int], Any] = lambda count: None) -> list[Outcome]:
    """Go through all columns, in short transactions beside the work of others; a value that changes meanwhile is left.

    write: False only counts. progress: told how many rows were looked at since it was told last.
    """
    return [_column(model, field, write, progress) for model, field in columns()]


def _column(model: type[models.Model], field: Any, write: bool, progress: Callable[[int], Any]) -> Outcome:
    outcome = Outcome(f"{model._meta.label}.{field.name}")
    for chunk in _chunks(model._meta.db_table, str(model._meta.pk.column), field.column):
        for pk, stored in chunk:
            raw = stored.encode() if isinstance(stored, str) else bytes(stored or b"")
            if not raw:
                continue
            outcome.rows += 1
            if crypto.is_current(raw):
                continue
            outcome.older += 1
            try:
                renewed = crypto.renewed(raw)
            except InvalidToken:
                outcome.older -= 1
                outcome.unreadable += 1
                continue
            if write:
                _replace(model, field, pk, stored, renewed.decode() if isinstance(stored, str) else renewed)
        progress(len(chunk))
    return outcome


def _chunks(table: str, key: str, column: str) -> Iterator[list[tuple[Any, Any]]]:
    quote = connection.ops.quote_name
    select = f"select {quote(key)}, {quote(column)} from {quote(table)}"
    order = f"order by {quote(key)} limit {CHUNK}"
    with connection.cursor() as cursor:
        cursor.execute(f"{select} {order}")
        while rows := cursor.fetchall():
            yield rows
            cursor.execute(f"{select} where {quote(key)} > %s {order}", [rows[-1][0]])


def _replace(model: type[models.Model], field: Any, pk: Any, old: Any, new: Any) -> None:
    quote = connection.ops.quote_name
    table, key, column = quote(model._meta.db_table), quote(str(model._meta.pk.column)), quote(field.column)
    with connection.cursor() as cursor:
        cursor.execute(f"update {table} set {column} = %s where {key} = %s and {column} = %s", [new, pk, old])
