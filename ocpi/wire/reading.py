"""Reads what partners send, tolerantly: put right where that is safe, else dropped, else refused.

Pure. A wrong optional member is dropped and told as a Finding; a wrong or missing required one is a WireError
with its path. Source: ocpi.md 1.10 (data types), 1.11 (tolerant reader), traps T21-T24, T37-T44.
"""

import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from emsp.core.wire import Wire, WireError
from ocpi.wire import scalars

W = TypeVar("W", bound=Wire)

Id = Annotated[str, "id"]
"""A CiString that names an object: compared without case, at most 255 characters, never empty."""


class Tolerant(Wire):
    """A wire type that says how its common misspellings are read, and whether it may lose members."""

    exact: ClassVar[bool] = False
    """True: a wrong optional member is an error, because leaving it out would change a price."""

    @classmethod
    def lenient(cls, value: Any) -> Any:
        """value in the form that the fields expect; as it is when it is not one of the known misspellings."""
        return value


@dataclass(frozen=True)
class Finding:
    """Something that was wrong and could be left out."""

    path: str
    reason: str


class _Field(NamedTuple):
    """as_it_is: whether a value is one that `read` would not change; nearly all are."""

    name: str
    required: bool
    as_it_is: "Callable[[Any], bool]"
    read: "_Read"


_Read = Callable[[Any, str, list[Finding]], Any]


def read(value: Any, wanted: type[W], findings: list[Finding] | None = None, path: str = "") -> W:
    """value (from load_json) as `wanted`. What was dropped is added to findings.

    null counts as absent. Members that `wanted` does not know are passed over.
    Raises WireError with the path of the first required member that is missing or wrong.
    """
    found = findings if findings is not None else []
    members = read_members(value, wanted, found, path)
    for name in _required(wanted):
        if name not in members:
            raise WireError("required, but missing", path=_join(path, name))
    return wanted(**members)


def read_members(value: Any, wanted: type[W], findings: list[Finding], path: str = "") -> dict[str, Any]:
    """The members of `wanted` which value has, each read; nothing is said about those it lacks.

    Raises WireError when value is no object, or a required member is there and wrong.
    """
    tolerant = issubclass(wanted, Tolerant)
    value = wanted.lenient(value) if tolerant else value  # type: ignore[attr-defined]
    if not isinstance(value, dict):
        raise WireError(f"an object is expected, got {scalars.kind(value)}", path=path)
    exact = tolerant and wanted.exact  # type: ignore[attr-defined]
    members: dict[str, Any] = {}
    for name, required, as_it_is, reader in _fields(wanted):
        given = value.get(name)
        if given is None:
            continue
        if as_it_is(given):
            members[name] = given
            continue
        try:
            members[name] = reader(given, _join(path, name), findings)
        except WireError as error:
            if required or exact:
                raise
            findings.append(Finding(error.path, error.reason))
    return members


def required_names(wanted: type[Wire]) -> frozenset[str]:
    """Names of the members without which an object of this type is refused."""
    return frozenset(_required(wanted))


@cache
def _required(wanted: type[Wire]) -> tuple[str, ...]:
    return tuple(field.name for field in _fields(wanted) if field.required)


@cache
def _fields(wanted: type[Wire]) -> tuple[_Field, ...]:
    hints = get_type_hints(wanted, include_extras=True)
    return tuple(
        _Field(
            info.encode_name, info.required, _as_it_is(hints[info.name]), _reader(hints[info.name], info.required)
        )
        for info in msgspec.structs.fields(wanted)
    )  # fmt: skip


def _as_it_is(wanted: Any) -> Callable[[Any], bool]:
    if get_origin(wanted) is Annotated:
        return scalars.is_identifier
    if get_origin(wanted) in (Union, types.UnionType):
        return _as_it_is(next(argument for argument in get_args(wanted) if argument is not types.NoneType))
    if get_origin(wanted) is list:
        inner = _as_it_is(get_args(wanted)[0])
        return lambda value: type(value) is list and value != [] and all(map(inner, value))
    return _PLAIN.get(wanted, lambda value: False)


_PLAIN: dict[Any, Callable[[Any], bool]] = {
    str: scalars.is_text,
    int: scalars.is_whole,
    bool: scalars.is_flag,
    Any: lambda value: value is not None,
}


def _reader(wanted: Any, required: bool) -> _Read:
    origin = get_origin(wanted)
    if origin is Annotated:
        return _scalar(scalars.identifier)
    if origin in (Union, types.UnionType):
        inner = [argument for argument in get_args(wanted) if argument is not types.NoneType]
        return _reader(inner[0], required)
    if origin is list:
        return _list(_reader(get_args(wanted)[0], True), required)
    if isinstance(wanted, type) and issubclass(wanted, Wire):
        return lambda value, path, findings: read(value, wanted, findings, path)
    return _scalar(_SCALARS[wanted]) if wanted in _SCALARS else (lambda value, path, findings: value)


_SCALARS: dict[Any, Callable[[Any], Any]] = {
    str: scalars.text,
    int: scalars.whole,
    bool: scalars.flag,
    Decimal: scalars.number,
    datetime: scalars.moment,
}


def _scalar(convert: Callable[[Any], Any]) -> _Read:
    def reader(value: Any, path: str, findings: list[Finding]) -> Any:
        try:
            return convert(value)
        except ValueError as error:
            raise WireError(str(error), path=path) from None

    return reader


def _list(item: _Read, required: bool) -> _Read:
    """A list, its items one by one: a bad one is left out, unless the list is required.

    One bare item counts as a list of one, an empty object as none (T44).
    """

    def reader(value: Any, path: str, findings: list[Finding]) -> list[Any]:
        given = value if isinstance(value, list) else [] if value == {} else [value]
        items = []
        for number, entry in enumerate(given):
            if entry is None:
                continue
            try:
                items.append(item(entry, f"{path}[{number}]", findings))
            except WireError as error:
                if required:
                    raise
                findings.append(Finding(error.path, error.reason))
        if required and not items:
            raise WireError("at least one is required", path=path)
        return items

    return reader


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
