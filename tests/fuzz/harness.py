"""What a harness is, and how its findings are told apart."""

import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

PROJECT = Path(__file__).resolve().parents[2]
APPS = ("beckn", "sessions", "catalog", "ocpi", "emsp")

Act = Callable[[Sequence[bytes]], int]
"""Runs inputs, gives how many of them were accepted, and lets everything else than a documented refusal out."""


class Broken(AssertionError):
    """An answer that is not one: 5xx, of another shape, or a value that was accepted and cannot be used."""


@dataclass(frozen=True)
class Harness:
    """name: what it feeds. weight: its share of all inputs. opened: what has to stand around it; gives its Act.

    guided: coverage steers the inputs (atheris, where it is installed), else they are drawn at random.
    at_once: inputs for one call of the Act.
    """

    name: str
    weight: int
    opened: Callable[[], AbstractContextManager[Act]]
    guided: bool = True
    at_once: int = 1


@dataclass
class Finding:
    """Something that must not happen: where, with what first, and how often. first: the input's bytes in hex."""

    what: str
    where: str
    first: str
    times: int = 1


@dataclass
class Tally:
    """What a harness has seen so far."""

    inputs: int = 0
    accepted: int = 0
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def run(self, act: Act, sources: Sequence[bytes]) -> None:
        """Feed inputs; where several together fail, feed them one by one, so that the finding names one."""
        self.inputs += len(sources)
        try:
            self.accepted += act(sources)
        except Exception as error:  # noqa: BLE001 (that is what is looked for)
            if len(sources) == 1:
                self._note(error, sources[0])
                return
            self.inputs -= len(sources)
            for source in sources:
                self.run(act, [source])

    def _note(self, error: Exception, source: bytes) -> None:
        what, where = f"{type(error).__name__}: {str(error)[:160]}", place_of(error.__traceback__)
        found = self.findings.setdefault((type(error).__name__, where), Finding(what, where, source.hex(), 0))
        found.times += 1


def place_of(trace: TracebackType | None) -> str:
    """The innermost line of the project in a traceback, as ocpi/wire/scalars.py:61."""
    frames = traceback.extract_tb(trace)
    ours = [frame for frame in frames if _app(frame.filename)] or list(frames)
    return f"{ours[-1].filename.removeprefix(f'{PROJECT}/')}:{ours[-1].lineno}" if ours else "?"


def _app(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(PROJECT) and path.relative_to(PROJECT).parts[0] in APPS
