"""From a request to the module that answers it: paths, tokens, envelope, faults, tracing headers."""

import logging
import re
import uuid
from urllib.parse import unquote

from ocpi.simulator.clock import Clock
from ocpi.simulator.commands import Commands
from ocpi.simulator.control import Control
from ocpi.simulator.envelope import Answer, Call, Refusal, refused
from ocpi.simulator.faults import Fault, Faults
from ocpi.simulator.handshake import VERSION, Handshake
from ocpi.simulator.page import Page
from ocpi.simulator.senders import Senders
from ocpi.simulator.store import StateError
from ocpi.simulator.tokens import Tokens

log = logging.getLogger("ocpi.simulator")

ROOT = "/ocpi/cpo"
SENDERS = ("locations", "tariffs", "sessions", "cdrs")
ROUTING = {
    "ocpi-to-country-code": "OCPI-from-country-code",
    "ocpi-to-party-id": "OCPI-from-party-id",
    "ocpi-from-country-code": "OCPI-to-country-code",
    "ocpi-from-party-id": "OCPI-to-party-id",
}


class Router:
    """Answers every request; what goes wrong becomes an answer too."""

    def __init__(
        self,
        *,
        handshake: Handshake,
        senders: Senders,
        tokens: Tokens,
        commands: Commands,
        control: Control,
        page: Page,
        faults: Faults,
        clock: Clock,
    ) -> None:
        self._handshake, self._senders, self._tokens = handshake, senders, tokens
        self._commands, self._control, self._page = commands, control, page
        self._faults, self._clock = faults, clock

    def answer(self, call: Call) -> Answer:
        """The answer to one request."""
        path = re.sub(r"/+$", "", call.path)
        if path == "" and call.method == "GET":
            return self._page.render()
        if path == "/control":
            return self._control.serve(call)
        headers = _traced(call)
        try:
            spoiled = self._misbehave(call.path)
            answer = spoiled or self._ocpi(path, call)
        except Refusal as refusal:
            answer = refused(refusal)
        except StateError as error:
            log.error("%s", error)
            answer = refused(Refusal(500, 3000, "the simulator cannot keep its state"))
        return Answer(
            answer.status, answer.body, {**headers, **answer.headers}, answer.content_type, answer.broken
        )

    def _misbehave(self, path: str) -> Answer | None:
        for fault in self._faults.for_request(path):
            if fault.kind == "slow":
                self._clock.sleep(fault.seconds)
            else:
                return _misbehaviour(fault)
        return None

    def _ocpi(self, path: str, call: Call) -> Answer:
        if path != ROOT and not path.startswith(f"{ROOT}/"):
            raise Refusal(404, 2000, "unknown path")
        caller = self._handshake.caller(call.headers.get("authorization", ""))
        segments = [unquote(segment) for segment in path[len(ROOT) + 1 :].split("/")]
        if segments in (["versions"], [VERSION]):
            if call.method != "GET":
                raise Refusal(405, 2000, "versions know GET only")
            return self._handshake.versions() if segments == ["versions"] else self._handshake.details()
        if segments[0] != VERSION or len(segments) < 2:
            raise Refusal(404, 2000, "unknown path")
        if segments[1:] == ["credentials"]:
            return self._handshake.credentials(call, caller)
        if caller == "A":
            raise Refusal(401, 2000, "a registration token opens versions and credentials only")
        return self._module(segments[1], call, segments[2:])

    def _module(self, module: str, call: Call, segments: list[str]) -> Answer:
        if module in SENDERS:
            return self._senders.serve(module, call, segments)
        if module == "tokens":
            return self._tokens.serve(call, segments)
        if module == "commands" and len(segments) == 1:
            if call.method != "POST":
                raise Refusal(405, 2000, "commands know POST only")
            return self._commands.receive(segments[0], call.body)
        raise Refusal(404, 2000, "unknown path")


def _misbehaviour(fault: Fault) -> Answer:
    if fault.kind == "reset":
        return Answer(0, broken=True)
    if fault.kind == "garbage":
        return Answer(200, b'<html><body>{"data": [{"id": ', content_type="text/html")
    if fault.kind == "401":
        return refused(Refusal(401, 2000, "no valid token"))
    return refused(Refusal(500, 3000, "internal error"))


def _traced(call: Call) -> dict[str, str]:
    """Request ids repeated, routing headers swapped. Source: OCPI 2.2.1, transport and format."""
    headers = {
        name: call.headers.get(name.lower()) or str(uuid.uuid4())
        for name in ("X-Request-ID", "X-Correlation-ID")
    }
    swapped = {ours: call.headers[theirs] for theirs, ours in ROUTING.items() if theirs in call.headers}
    return {**headers, **swapped}
