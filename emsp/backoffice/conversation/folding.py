"""News of a session comes every few seconds: on the page what is alike is folded into one line."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from emsp.backoffice.conversation.entries import Entry

MOST = 3  # of a kind that stand unfolded


@dataclass(frozen=True)
class Fold:
    """Entries alike, between the first and the last of their kind, which stand beside it."""

    at: datetime
    entries: tuple[Entry, ...]

    @property
    def what(self) -> str:
        """`12 more updates, CHARGING`."""
        first = self.entries[0]
        return f"{len(self.entries)} more of {first.what}"


def folded(entries: list[Entry]) -> list[Entry | Fold]:
    """The entries in their order; of more than MOST that name the same `alike`, the first and the last stand alone."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.alike:
            groups[entry.alike].append(entry)
    inside = {
        (entry.kind, entry.pk): alike
        for alike, group in groups.items()
        if len(group) > MOST
        for entry in group[1:-1]
    }
    found: list[Entry | Fold] = []
    for entry in entries:
        alike = inside.get((entry.kind, entry.pk))
        if alike is None:
            found.append(entry)
        elif entry == groups[alike][1]:
            found.append(Fold(entry.at, tuple(groups[alike][1:-1])))
    return found
