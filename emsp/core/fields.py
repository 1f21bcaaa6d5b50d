"""Model fields: exact JSON, encrypted text, JSON and bytes, and PostgreSQL's own point."""

import re
import zlib
from decimal import Decimal
from typing import Any

from django.db import models
from isal import isal_zlib
from psycopg.types.json import Jsonb

from emsp.core import crypto
from emsp.core.wire import encode, load_json

PACKED = b"x"  # how zlib's form begins; JSON never does, which earlier releases kept as it is
POINT = re.compile(r"^\((?P<x>[^,]+),(?P<y>[^)]+)\)$")


def _dumps(value: Any) -> str:
    return encode(value).decode()


class ExactJSONField(models.JSONField):
    """jsonb whose numbers keep every digit: read as Decimal, written as JSON numbers."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None or not isinstance(value, str | bytes):
            return value
        return load_json(value.encode() if isinstance(value, str) else value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None or hasattr(value, "as_sql"):
            return value
        return Jsonb(value, dumps=_dumps)


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is ciphertext in the database (tokens, keys, drivers' data). Cannot be searched."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return crypto.decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return crypto.encrypt(value) if value else value


class EncryptedJSONField(EncryptedTextField):
    """JSON that is ciphertext in the database, for example a driver's billing contact."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return load_json(crypto.decrypt(value).encode()) if value else None

    def get_prep_value(self, value: Any) -> Any:
        return crypto.encrypt(_dumps(value)) if value is not None else None

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return _dumps(self.value_from_object(obj))


class EncryptedBinaryField(models.BinaryField):  # type: ignore[type-arg]
    """A message as it is sent, which is JSON: packed, because ciphertext cannot be, and ciphertext in the database."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        content = crypto.decrypt_bytes(bytes(value)) if value else value
        return zlib.decompress(content) if content and content[:1] == PACKED else content

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        content = crypto.encrypt_bytes(isal_zlib.compress(bytes(value), 1)) if value else value
        return super().get_db_prep_value(content, connection, prepared)


class PointField(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's `point`; in Python a (latitude, longitude) pair of Decimal. Stored as (lon, lat)."""

    def db_type(self, connection: Any) -> str:
        return "point"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = POINT.match(value) if isinstance(value, str) else None
        return (Decimal(found["y"]), Decimal(found["x"])) if found else None

    def get_prep_value(self, value: Any) -> Any:
        return f"({value[1]},{value[0]})" if value is not None else None
