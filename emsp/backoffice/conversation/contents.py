"""What a row of the timeline says, as JSON in which secrets and drivers' data are masked."""

import io
import zipfile
from typing import Any

import msgspec
from django.forms.models import model_to_dict

from beckn.models import Callback, Request
from emsp.backoffice.conversation.entries import Entry
from emsp.backoffice.conversation.timeline import KINDS, Subject
from emsp.backoffice.conversation.validity import validity_of
from emsp.core.log import MASK, mask
from emsp.core.wire import encode, load_json
from ocpi.models import Cdr, Command, ParkedObject, Session
from sessions.models import JournalEntry

BODIES: dict[type, str] = {Request: "body", Command: "body", Session: "raw", Cdr: "raw", ParkedObject: "raw"}
SECRET = frozenset({"contact", "billing", "customer", "driver_hash", "uid", "token_hash"})


def content_of(row: Any) -> Any:
    """The message that a row holds, else its columns; masked."""
    if isinstance(row, Callback):
        return mask(load_json(bytes(row.body)))
    if type(row) in BODIES:
        return mask(getattr(row, BODIES[type(row)]))
    columns = {name: MASK if name in SECRET else value for name, value in _columns(row).items()}
    if isinstance(row, JournalEntry):
        columns["postings"] = [_columns(posting) for posting in row.postings.all()]
    return mask(columns)


def text_of(row: Any) -> str:
    """content_of, to be read by people."""
    return msgspec.json.format(encode(content_of(row)), indent=2).decode()


def bundle(subject: Subject, entries: list[Entry]) -> bytes:
    """A zip: timeline.json with all entries, and one file for what each of them says. Everything is masked."""
    rows = {
        (name, row.pk): row
        for name, kind in KINDS.items()
        if (wanted := [entry.pk for entry in entries if entry.kind == name])
        for row in kind.rows(subject).defer(None).filter(pk__in=wanted)
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        listed = []
        for number, entry in enumerate(entries, 1):
            row = rows[entry.kind, entry.pk]
            name = f"{number:03d}-{entry.kind}-{entry.pk}.json"
            listed.append(
                msgspec.to_builtins(entry) | {"file": name, "validity": msgspec.to_builtins(validity_of(row))}
            )
            archive.writestr(name, text_of(row))
        told = {"transaction_id": subject.conversation.transaction_id, "bap_id": subject.conversation.bap_id,
                "orders": subject.references, "entries": listed}  # fmt: skip
        archive.writestr("timeline.json", msgspec.json.format(encode(mask(told)), indent=2).decode())
    return target.getvalue()


def _columns(row: Any) -> dict[str, Any]:
    """All columns of a row, those that Django keeps from forms too."""
    editable = model_to_dict(row)
    return {
        field.name: editable.get(field.name, field.value_from_object(row))
        for field in row._meta.concrete_fields
    }
