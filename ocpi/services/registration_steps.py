"""The steps of a registration as staff see them: what was asked, what came of it, what to do about it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from emsp.core.errors import DomainError
from emsp.core.log import MASK, mask
from emsp.core.wire import encode
from ocpi.client import PeerError
from ocpi.services.refusals import InvalidObject

ANSWER_LIMIT = 20_000
OTHER_HINTS = {
    "NoCommonVersion": "ask the CPO whether it serves OCPI 2.2.1, and at which versions URL",
    "NoEndpoints": "ask the CPO to offer this module to us in its version details",
}
NOT_OCPI_HINT = "send the CPO this step: what it answered is not what OCPI 2.2.1 asks for"


@dataclass
class Step:
    """One step. request: what was sent, empty for our own work. hint: what to ask the CPO, or try.

    sent, answer: JSON values as the step writes them; text without tokens once the step has ended.
    """

    name: str
    request: str
    outcome: str = ""
    ok: bool = True
    hint: str = ""
    sent: Any = None
    answer: Any = None

    @property
    def verdict(self) -> str:
        """`failed`, `look at it` for what worked with a doubt, else `worked`."""
        if not self.ok:
            return "failed"
        return "look at it" if self.hint else "worked"


Report = Callable[[Step], None]


class RegistrationFailed(DomainError):
    """A registration that came to an end before its end. steps: all that were taken; the last one failed."""

    def __init__(self, reason: str, steps: list[Step]) -> None:
        self.steps = steps
        super().__init__(reason)


class Journal:
    """Writes the steps down and tells each one as it ends."""

    def __init__(self, report: Report | None, *, hidden: tuple[str, ...] = ()) -> None:
        self.steps: list[Step] = []
        self._hidden = hidden
        self._report = report or (lambda step: None)

    def note(self, name: str, outcome: str, *, request: str = "", hint: str = "") -> None:
        """A step that succeeded, of our own where there is no request."""
        self._end(Step(name, request, outcome, hint=hint))

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
            wrong_answer = bool(request) and isinstance(error, InvalidObject)
            step.hint = NOT_OCPI_HINT if wrong_answer else hint_for(error) or hint
            if isinstance(error, PeerError) and error.status is not None:
                step.answer = {"HTTP status": error.status, "status_code": error.code, "data": error.data}
            self._end(step)
            where = f"{request}: " if request else ""
            raise RegistrationFailed(f"cannot {name}: {where}{error}", self.steps) from error
        self._end(step)

    def _end(self, step: Step) -> None:
        step.sent, step.answer = self._text(step.sent), self._text(step.answer)
        self.steps.append(step)
        self._report(step)


    def _text(self, value: Any) -> str:
        """A JSON value for people, without secret members and without the tokens of this handshake."""
        if value is None:
            return ""
        text = msgspec.json.format(encode(mask(value)), indent=2).decode()
        for word in self._hidden:
            text = text.replace(word, MASK)
        return text[:ANSWER_LIMIT]


def hint_for(error: DomainError) -> str:
    """What usually helps against a refusal; empty when nothing is known."""
    if not isinstance(error, PeerError):
        return OTHER_HINTS.get(type(error).__name__, "")
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
