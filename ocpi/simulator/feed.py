"""Reads OCPI JSON files to take the place of the generated stations and tariffs."""

from pathlib import Path
from typing import Any

from emsp.core.wire import WireError, load_json
from ocpi.simulator.values import Json

WRAPPERS = ("response", "body", "data", "items", "locations", "tariffs")


class FeedError(Exception):
    """A file given with --locations or --tariffs cannot be used."""


def load(path: Path) -> list[Json]:
    """The objects in a file: a list, one object, or either inside an envelope or a recorded response.

    Raises FeedError when the file cannot be read or holds an object without id.
    """
    try:
        content: Any = load_json(path.read_bytes())
    except OSError as error:
        raise FeedError(f"cannot read {path}: {error.strerror}") from None
    except WireError as error:
        raise FeedError(f"{path}: {error}") from None
    rows = _unwrapped(content)
    for position, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            raise FeedError(f"{path}: object {position} has no id")
    return rows


def _unwrapped(content: Any) -> list[Any]:
    while isinstance(content, dict) and "id" not in content:
        inner = next((content[name] for name in WRAPPERS if isinstance(content.get(name), dict | list)), None)
        if inner is None:
            return [content]
        content = inner
    return content if isinstance(content, list) else [content]
