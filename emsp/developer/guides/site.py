"""All pages of the documentation, by address below /docs/. The server and the static build give the same bytes."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from emsp.core.wire import encode
from emsp.developer.guides import beckn_api, markdown, ocpi_api, reference, states

HTML, JSON, CSS = "text/html; charset=utf-8", "application/json", "text/css; charset=utf-8"
APIS = {"beckn": ("Beckn API", beckn_api.document), "ocpi": ("OCPI API", ocpi_api.document)}
FIRST = ("connect-a-bap", "connect-a-cpo", "errors")
_LINK = re.compile(r'(?:href|src)="([^"]+)"')
_ID = re.compile(r'\bid="([^"]+)"')


@dataclass(frozen=True)
class Page:
    """What stands at an address."""

    content_type: str
    content: bytes


@cache
def pages() -> dict[str, Page]:
    """Every page: `` is the front page, `errors/` a guide, `api/beckn/` an API, `beckn.json` its document."""
    found = {"": _page("developer/docs_index.html", "Documentation", "", guides=_menu())}
    for name in markdown.names():
        body = mark_safe(markdown.html(name))  # noqa: S308  # our own text; HTML within it is escaped
        found[f"{name}/"] = _page("developer/docs_guide.html", markdown.title(name), "../", name, body=body)
    drawing = mark_safe(states.svg())  # noqa: S308  # made of our own table
    found["states/"] = _page("developer/docs_states.html", "States of an order", "../", "states", drawing=drawing)
    for name, (title, made) in APIS.items():
        document = made()
        found[f"{name}.json"] = Page(JSON, encode(document))
        found[f"api/{name}/"] = _page(
            "developer/docs_api.html", title, "../../", f"api/{name}", document=document, name=name,
            operations=reference.operations(document), schemas=reference.schemas(document),
        )  # fmt: skip
    style = Path(__file__).with_name("pages.css").read_bytes()
    return found | {"pages.css": Page(CSS, style)}


def dead_links(site: dict[str, Page]) -> list[str]:
    """Links within the site that lead nowhere, as `page -> link`; addresses of other hosts are not asked."""
    targets = {name: set(_ID.findall(page.content.decode())) for name, page in site.items()}
    found = []
    for name, page in site.items():
        for link in _LINK.findall(page.content.decode()) if page.content_type == HTML else []:
            address, place = urldefrag(urljoin(f"/{name}", link))
            if address.startswith(("http://", "https://", "mailto:")):
                continue
            target = address.removeprefix("/")
            if target not in targets or (place and place not in targets[target]):
                found.append(f"{name or 'index'} -> {link}")
    return found


def build(folder: Path) -> list[Path]:
    """Write the site as files, every page an index.html of its folder. Gives the files."""
    written = []
    for name, page in pages().items():
        path = folder / (f"{name}index.html" if not name or name.endswith("/") else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page.content)
        written.append(path)
    return written


def _menu() -> list[tuple[str, str]]:
    names = markdown.names()
    ordered = [name for name in FIRST if name in names] + [name for name in names if name not in FIRST]
    return [(name, markdown.title(name)) for name in ordered]


def _page(template: str, title: str, root: str, here: str = "", **values: Any) -> Page:
    apis = [(f"api/{name}", label) for name, (label, _) in APIS.items()]
    context = {"title": title, "root": root, "here": here, "menu": _menu(), "apis": apis} | values
    return Page(HTML, render_to_string(template, context).encode())
