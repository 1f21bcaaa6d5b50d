"""A received object with what we could read of it in the form it should have had. Pure. Source: ocpi.md T24."""

from datetime import datetime
from typing import Any

from emsp.core.wire import Wire, moment_text


def repaired(given: Any, value: Any) -> Any:
    """given, where value is what was read of it: numbers written as text become numbers, nulls go, texts for
    objects become objects. Members that the wire type does not know stay as they are.

    For what is later computed with: a conforming object comes back as it was, digit by digit.
    """
    if isinstance(value, Wire):
        source = given if isinstance(given, dict) else {}
        members = {name: inner for name, inner in source.items() if inner is not None}
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            if inner is not None and (inner != [] or name in members):
                members[name] = repaired(members.get(name), inner)
        return members
    if isinstance(value, list):
        source_list = given if isinstance(given, list) and len(given) == len(value) else [None] * len(value)
        return [repaired(before, after) for before, after in zip(source_list, value, strict=True)]
    if isinstance(value, datetime):
        return given if isinstance(given, str) and given.endswith("Z") else moment_text(value)
    same_kind = isinstance(given, bool) == isinstance(value, bool)
    return given if same_kind and given == value else value
