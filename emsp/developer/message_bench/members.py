"""Compares a JSON value with the wire type it was read as: which members are ignored, which values were repaired."""

import json
import types
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from emsp.core.wire import Wire
from ocpi.wire.v2_2_1.locations import Connector, Evse, Location

MOST = 50
NUMBERS_AS_TEXT = frozenset({"latitude", "longitude"})  # so OCPI writes them: reading a number is no repair
VALUE_LIMIT = 60  # characters
# Read one by one, apart from what holds them.
PARTS: dict[type[Wire], dict[str, Any]] = {Location: {"evses": list[Evse]}, Evse: {"connectors": list[Connector]}}


def ignored(value: Any, wanted: Any, path: str = "") -> Iterator[str]:
    """Paths of the members that `wanted` does not declare, in the order in which they stand."""
    kind = _wire_of(wanted)
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield from ignored(entry, _inner(wanted), f"{path}[{number}]")
    elif isinstance(value, dict) and kind is not None:
        hints = get_type_hints(kind, include_extras=True) | PARTS.get(kind, {})
        known = {info.encode_name: hints[info.name] for info in msgspec.structs.fields(kind)}
        for name, inner in value.items():
            where = f"{path}.{name}" if path else name
            if name not in known:
                yield where
            else:
                yield from ignored(inner, known[name], where)


def repairs(given: Any, read: Any, path: str = "") -> Iterator[str]:
    """`kwh: "4.5" was read as 4.5` for each value that ocpi.wire.repair put right."""
    if given is read:
        return
    if isinstance(given, dict) and isinstance(read, dict):
        for name in [*given, *(name for name in read if name not in given)]:
            where = f"{path}.{name}" if path else name
            if name not in given:
                yield f"{where}: missing, was read as {_text(read[name])}"
            elif name in read and not (name in NUMBERS_AS_TEXT and isinstance(given[name], str)):
                yield from repairs(given[name], read[name], where)
    elif isinstance(given, list) and isinstance(read, list) and len(given) == len(read):
        for number, (before, after) in enumerate(zip(given, read, strict=True)):
            yield from repairs(before, after, f"{path}[{number}]")
    elif type(given) is not type(read) or given != read:
        yield f"{path}: {_text(given)} was read as {_text(read)}"


def _text(value: Any) -> str:
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= VALUE_LIMIT else f"{text[:VALUE_LIMIT]}…"


def _wire_of(wanted: Any) -> type[Wire] | None:
    return next((each for each in _choices(wanted) if isinstance(each, type) and issubclass(each, Wire)), None)


def _inner(wanted: Any) -> Any:
    return next((get_args(each)[0] for each in _choices(wanted) if get_origin(each) is list), None)


def _choices(wanted: Any) -> list[Any]:
    """The types of a union, itself for any other type."""
    if get_origin(wanted) is Annotated:
        return _choices(get_args(wanted)[0])
    return list(get_args(wanted)) if get_origin(wanted) in (Union, types.UnionType) else [wanted]
