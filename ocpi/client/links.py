"""Link headers of paged lists, and addresses made of them. Pure.

Source: RFC 8288; OCPI 2.2.1 transport_and_format, pagination; ocpi.md 1.8, T10.
"""

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

_TARGET = re.compile(r"\s*,?\s*<([^<>]*)>")
_PARAMETER = re.compile(r"\s*;\s*([\w!#$&+\-.^`|~*]+)\s*(?:=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*)))?")


def next_link(header: str | None) -> str | None:
    """Target of the first link with relation `next`; see link_to."""
    return link_to(header, "next")


def link_to(header: str | None, relation: str) -> str | None:
    """Target of the first link with this relation, as written; None when there is none.

    Several links, several relations in one `rel`, unquoted values and missing blanks are read.
    """
    text, position = header or "", 0
    while found := _TARGET.match(text, position):
        target, position, relations = found[1].strip(), found.end(), None
        while parameter := _PARAMETER.match(text, position):
            position = parameter.end()
            if parameter[1].lower() == "rel" and relations is None:  # RFC 8288 3.3: later ones do not count
                relations = (parameter[2] if parameter[2] is not None else parameter[3] or "").lower().split()
        if target and relation in (relations or []):
            return target
        position = max(position, _after_junk(text, position))
    return None


def _after_junk(text: str, position: int) -> int:
    following = text.find(",", position)
    return following if following >= 0 else len(text)


def absolute(base: str, target: str) -> str | None:
    """target as seen from base; None when it cannot be read as an address."""
    try:
        found = urljoin(base, target)
        return found if urlsplit(found).hostname else None
    except ValueError:
        return None


def on_host_of(module_url: str, target: str) -> str | None:
    """target as an address at the host of module_url: relative ones resolved, foreign hosts replaced.

    Peers behind a proxy write their internal name into the Link; our token must not follow it there.
    None when target cannot be read as an address.
    """
    found = absolute(module_url, target)
    if found is None:
        return None
    home, away = urlsplit(module_url), urlsplit(found)
    return urlunsplit((home.scheme, home.netloc, away.path, away.query, ""))


def parameter(url: str, name: str) -> str | None:
    """Value of a query parameter; None when it is not there."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)).get(name)


def with_parameters(url: str, **values: object) -> str:
    """url with these query parameters set, all others kept."""
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in values]
    query = kept + [(name, str(value)) for name, value in values.items()]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))
