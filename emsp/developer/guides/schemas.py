"""JSON Schema of wire types, as components of an OpenAPI 3.1 document."""

from collections.abc import Iterable
from typing import Any

import msgspec

from emsp.core.wire import Wire

DECIMAL = {"type": "string", "format": "decimal"}
NUMBER = {"type": ["number", "string"], "format": "decimal"}  # amounts are numbers on the wire, and read as text too


def components(types: Iterable[type[Wire]], prefix: str = "") -> dict[str, Any]:
    """Schemas of these types and of all within them, by prefix and name."""
    template = f"#/components/schemas/{prefix}{{name}}"
    _, found = msgspec.json.schema_components(list(dict.fromkeys(types)), ref_template=template)
    return {f"{prefix}{name}": _on_the_wire(schema) for name, schema in found.items()}


def reference(wanted: type[Wire], prefix: str = "") -> dict[str, str]:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{prefix}{wanted.__name__}"}


def content(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    """The `content` of a body in JSON."""
    media = {"schema": schema} | ({} if example is None else {"example": example})
    return {"application/json": media}


def _on_the_wire(value: Any) -> Any:
    """Schemas with decimals as peers write them, and without defaults of null, which mean absent."""
    if value == DECIMAL:
        return NUMBER
    if isinstance(value, dict):
        kept = {name: _on_the_wire(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if not (name == "default" and inner is None)}
    return [_on_the_wire(inner) for inner in value] if isinstance(value, list) else value
