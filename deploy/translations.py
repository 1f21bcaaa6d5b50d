"""Brings the reference app's catalogues up to date with its sources and compiles them: `make messages`.

Needs no gettext: Babel reads and writes the catalogues, Django turns templates into something it can read.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

APP = Path(__file__).resolve().parents[1] / "beckn" / "bap"
LOCALE = APP / "locale"
KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_lazy": None, "ngettext_lazy": (1, 2)}

Id = str | tuple[str, str]


def sources() -> Iterator[tuple[str, str]]:
    """Path and Python text of everything that may hold a message."""
    if not settings.configured:
        settings.configure()
    for path in sorted(APP.rglob("*.py")):
        yield str(path.relative_to(APP)), path.read_text()
    for path in sorted((APP / "templates").rglob("*.html")):
        lines = templatize(path.read_text(), origin=str(path)).splitlines()
        yield str(path.relative_to(APP)), "\n".join(line.strip() for line in lines)


def messages() -> dict[Id, list[str]]:
    """Every message id, for plurals both, with the files that use it."""
    found: dict[Id, list[str]] = {}
    for name, text in sources():
        for _, _, told, _ in extract_python(io.BytesIO(text.encode()), list(KEYWORDS), [], {}):
            key: Id = (told[0], told[1]) if isinstance(told, tuple) else told
            if key and name not in found.setdefault(key, []):
                found[key].append(name)
    return found


def catalogue(language: str) -> Catalog:
    """The catalogue of language as it is kept."""
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def compiled(kept: Catalog) -> bytes:
    """What Django reads of it."""
    made = io.BytesIO()
    write_mo(made, kept)
    return made.getvalue()


def update(language: str) -> list[Id]:
    """Write the catalogue anew, with the translations there are; returns the ids that have none."""
    folder = LOCALE / language / "LC_MESSAGES"
    known, made = catalogue(language), Catalog(language, header_comment="", fuzzy=False)
    missing = []
    for key, names in sorted(messages().items(), key=lambda one: (one[1][0], str(one[0]))):
        old = known.get(key if isinstance(key, str) else key[0])
        text = old.string if old else ""
        if not all([text] if isinstance(text, str) else text):
            missing.append(key)
        flags = ["python-format"] if "%(" in str(key) else []
        made.add(key, text or ("" if isinstance(key, str) else ("", "")), [(name, None) for name in names], flags)
    made.project, made.version, made.revision_date = APP.name, "1", known.creation_date
    made.creation_date, made.msgid_bugs_address = known.creation_date, ""
    made.last_translator = made.language_team = ""
    with (folder / "django.po").open("wb") as file:
        write_po(file, made, width=110, omit_header=False)
    (folder / "django.mo").write_bytes(compiled(catalogue(language)))
    return missing


if __name__ == "__main__":
    for folder in sorted(LOCALE.iterdir()):
        for key in update(folder.name):
            print(f"{folder.name}: no translation of {key!r}")  # noqa: T201
