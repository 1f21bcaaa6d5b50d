"""The steps of a registration as staff see them: what was asked, what came of it, what to do about it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from emsp.core.errors import DomainError
from ocpi.client import PeerError


@dataclass
class Step:
    """One step. request: what was sent, empty for our own work. hint: what to try when it failed."""

    name: str
    request: str
    outcome: str = ""
    ok: bool = True
    hint: str = ""


Report = Callable[[Step], None]


class RegistrationFailed(DomainError):
    """A registration that came to an end before its end. steps: all that were taken; the last one failed."""

    def __init__(self, reason: str, steps: list[Step]) -> None:
        self.steps = steps
        super().__init__(reason)


class Journal:
    """Writes the steps down and tells each one as it ends."""

    def __init__(self, report: Report | None) -> None:
        self.steps: list[Step] = []
        self._report = report or (lambda step: None)

    def note(self, name: str, outcome: str) -> None:
        """A step of our own that succeeded."""
        self._end(Step(name, "", outcome))

    @contextmanager
    def step(self, name: str, request: str, hint: str = "") -> Iterator[Step]:
        """A step under way; the caller sets its outcome. A refusal inside ends the registration.

        Raises RegistrationFailed.
        """
        step = Step(name, request)
        try:
            yield step
        except DomainError as error:
            step.ok, step.outcome = False, str(error)
            step.hint = hint_for(error) or hint
            self._end(step)
            where = f"{request}: " if request else ""
            raise RegistrationFailed(f"cannot {name}: {where}{error}", self.steps) from error
        self._end(step)

    def _end(self, step: Step) -> None:
        self.steps.append(step)
        self._report(step)


def hint_for(error: DomainError) -> str:
    """What usually helps against a refusal; empty when nothing is known."""
    if not isinstance(error, PeerError):
        return ""
    if error.status == 401:
        return "the token is wrong, or was used before: ask the CPO for a new token A"
    if error.status == 404:
        return "the address is wrong: ask the CPO for its versions URL"
    if error.status == 405:
        return "the CPO holds us for registered: it has to delete that registration first"
    if error.code == 3001:
        return "the CPO cannot reach our versions URL: check BASE_URL and its firewall"
    if error.status is None:
        return "check the address, and whether the CPO lets our address through"
    if error.status >= 500:
        return "the CPO's server fails: try later, or send the CPO this step"
    return ""
