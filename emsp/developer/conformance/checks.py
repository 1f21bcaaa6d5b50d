"""A check and its verdict; a report collects them and tells of progress."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from emsp.core.log import mask_text

PASSED, FAILED, WARNING, SKIPPED = "passed", "failed", "warning", "skipped"
PROBLEMS_SHOWN = 20
TEXT_LIMIT = 300  # characters


@dataclass(frozen=True)
class Check:
    """What one check found. problems: at most PROBLEMS_SHOWN lines, as `locations LOC-1 evses[0].status: reason`."""

    id: str
    title: str
    verdict: str
    detail: str = ""
    problems: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """As it is stored and shown: without secrets, of bounded length, without NUL."""
        return asdict(self) | {
            "detail": _short(self.detail), "problems": [_short(line) for line in self.problems[:PROBLEMS_SHOWN]]
        }


Checks = Iterator[Check]
Progress = Callable[[Check], None]


def judge(id: str, title: str, problem: str | None, detail: str = "", *, softly: bool = False) -> Check:
    """Passed without a problem; failed with one, or a warning where the protocol only advises."""
    if problem is None:
        return Check(id, title, PASSED, detail)
    return Check(id, title, WARNING if softly else FAILED, problem)


def _short(text: str) -> str:
    return mask_text(text.replace("\x00", ""))[:TEXT_LIMIT]
