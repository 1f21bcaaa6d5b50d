"""Guides: docs/*.md as HTML, with anchors at headings and links that lead to pages."""

import re
from pathlib import Path

from django.conf import settings
from markdown_it import MarkdownIt

FOLDER = Path(settings.BASE_DIR) / "docs"
_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
_reader = MarkdownIt("commonmark", {"html": False}).enable("table")


def names() -> list[str]:
    """Names of the guides, without `.md`."""
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def title(name: str) -> str:
    """The first heading of a guide."""
    found = _HEADING.search(_text(name))
    return found[1] if found else name


def html(name: str) -> str:
    """The guide as HTML; HTML within it is shown as text. Links to other guides lead to their pages."""
    tokens = _reader.parse(_text(name))
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(tokens[number + 1].content))
        for child in token.children or []:
            target = str(child.attrGet("href") or "") if child.type == "link_open" else ""
            if re.fullmatch(r"[\w-]+\.md(#.*)?", target):
                page, _, place = target.partition(".md")
                child.attrSet("href", f"../{page}/{place}")
    made: str = _reader.renderer.render(tokens, _reader.options, {})
    made = made.replace("<pre>", '<pre tabindex="0">')
    return made.replace("<table>", '<div class="wide" tabindex="0"><table>').replace("</table>", "</table></div>")


def anchor(heading: str) -> str:
    """A heading as a fragment: lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _text(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")
