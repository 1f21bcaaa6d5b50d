"""Lists of open-data feeds, which come without OCPI's envelope and headers. Pure. Source: ocpi.md T25."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

LISTS = ("items", "locations", "tariffs", "content", "results")
NEST = "data"


def in_envelope(body: Any, url: str) -> tuple[list[Any], str | None] | None:
    """The list in {items, next}, {locations}, {tariffs}, {results, next}, a Spring page, or one of these below `data`.

    Gives it with the address of the next page, None for the last; None when there is no such list.
    """
    if not isinstance(body, dict):
        return None
    for name in LISTS:
        if isinstance(found := body.get(name), list):
            return found, _following(body, url)
    return in_envelope(body.get(NEST), url)


def _following(body: dict[str, Any], url: str) -> str | None:
    if isinstance(following := body.get("next"), str) and following:
        return following
    number = body.get("number")
    if body.get("last") is False and isinstance(number, int):
        return _with_page(url, number + 1)
    return None


def _with_page(url: str, number: int) -> str:
    """Spring counts pages from 0 in `page`."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | {"page": str(number)}
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))
