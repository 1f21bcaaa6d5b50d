"""What an operator's platform does as sender and as receiver. Source: OCPI 2.2.1; ocpi.md 1, 2, 3.5, 3.6.

Without with_commands nothing is asked that could start, stop or hold anything: the commands name a session and a
reservation that nobody has, and the token that is pushed is not valid.
"""

import secrets
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from emsp.core.http import check_url
from emsp.core.wire import WireError, moment_text
from emsp.developer.conformance import cpo_lists
from emsp.developer.conformance.checks import FAILED, PASSED, SKIPPED, Check, Checks, judge
from emsp.developer.conformance.cpo_calls import Calls, Reply
from ocpi.client.links import with_parameters
from ocpi.models import Command, CommandKind, Evse, Party, Session
from ocpi.models.command import FINAL_STATES
from ocpi.services.commands import request_command
from ocpi.services.tokens import driver_token
from ocpi.versions import V2_2_1
from ocpi.wire.reading import read
from ocpi.wire.v2_2_1.commands import CommandResponse

RESPONSES = frozenset({"ACCEPTED", "REJECTED", "NOT_SUPPORTED", "UNKNOWN_SESSION"})
RESULT_WITHIN_S = 60
Wait = Callable[[float], None]


def examine(party: Party, *, with_commands: bool = False, wait: Wait = time.sleep) -> Checks:
    """All checks, one after the other. wait: how to pass the time until a result comes, in seconds.

    Raises ForbiddenAddress when the operator's URL may not be called.
    """
    check_url(party.connection.versions_url)
    calls = Calls(party)
    yield _versions(calls)
    yield _details(calls)
    yield _wrong_token(calls)
    for module in cpo_lists.LISTS:
        yield from cpo_lists.examine(calls, module)
    yield _unknown_object(calls)
    yield from _token_push(calls)
    yield _command_answer(calls)
    yield _command_result(
        "commands.result", "commands: the result of a command comes", wait,
        lambda: request_command(
            party=party, kind=CommandKind.CANCEL_RESERVATION, reservation_id=str(uuid.uuid4())
        ),
    )  # fmt: skip
    if with_commands:
        yield from _charge(party, wait)


def _versions(calls: Calls) -> Check:
    reply = calls.get(calls.connection.versions_url)
    rows = reply.data if reply.well and isinstance(reply.data, list) else []
    numbers = [str(row.get("version")) for row in rows if isinstance(row, dict) and row.get("url")]
    problem = None if V2_2_1.number in numbers else f"2.2.1 is not among them: {reply.told()}"
    return judge("versions", "versions: offers 2.2.1", problem, ", ".join(numbers))


def _details(calls: Calls) -> Check:
    """The details of 2.2.1 name credentials, locations (SENDER) and commands (RECEIVER) with their roles."""
    id, title = "details", "details: names credentials, locations and commands"
    rows = calls.get(calls.connection.versions_url).data
    urls = [
        row["url"] for row in rows if isinstance(row, dict) and row.get("version") == V2_2_1.number and row.get("url")
    ] if isinstance(rows, list) else []  # fmt: skip
    if not urls:
        return Check(id, title, SKIPPED, "no address of 2.2.1")
    reply = calls.get(str(urls[0]))
    endpoints = reply.data.get("endpoints") if isinstance(reply.data, dict) else None
    if not isinstance(endpoints, list):
        return Check(id, title, FAILED, f"data.endpoints: a list is expected, got {reply.told()}")
    offered = {(row.get("identifier"), row.get("role")) for row in endpoints if isinstance(row, dict)}
    wanted = [("locations", "SENDER"), ("commands", "RECEIVER")]
    missing = [f"{module} {role}" for module, role in wanted if (module, role) not in offered]
    if not any(module == "credentials" for module, _ in offered):
        missing.insert(0, "credentials")
    return judge(id, title, f"missing: {', '.join(missing)}" if missing else None, f"{len(endpoints)} endpoints")


def _wrong_token(calls: Calls) -> Check:
    addresses = [calls.connection.versions_url, *filter(None, map(calls.url, ("locations", "commands")))]
    replies = [(url, calls.get(url, token=f"not-a-token-{secrets.token_hex(8)}")) for url in addresses]
    wrong = [reply.told() for _, reply in replies if reply.status != 401]
    return judge(
        "wrong_token", "A token that is none is refused with 401",
        f"401 is expected, got {'; '.join(wrong)}" if wrong else None, f"{len(replies)} addresses",
    )  # fmt: skip


def _unknown_object(calls: Calls) -> Check:
    id, title = "locations.unknown", "locations: an unknown object is 404 or a 2xxx"
    url = calls.url("locations", f"conformance-{uuid.uuid4()}")
    if url is None:
        return Check(id, title, SKIPPED, "the operator has no locations")
    reply = calls.get(url)
    good = (reply.status == 404) or (reply.status == 200 and reply.code in range(2000, 3000))
    return judge(id, title, None if good else f"got {reply.told()}", reply.told())


def _token_push(calls: Calls) -> Checks:
    """PUT a token that is not valid, and read it back."""
    uid = f"CONFORMANCE{secrets.token_hex(4).upper()}"
    base = calls.url("tokens", settings.OCPI_COUNTRY_CODE, settings.OCPI_PARTY_ID, uid)
    if base is None:
        yield Check("tokens.push", "tokens: takes a token that is pushed", SKIPPED, "the operator has no such module")
        return
    url = with_parameters(base, type="APP_USER")
    stored = calls.send("PUT", url, _token(uid))
    problem = None if stored.well else f"got {stored.told()}"
    yield judge("tokens.push", "tokens: takes a token that is pushed", problem, stored.told())
    if not stored.well:
        return
    found = calls.get(url)
    same = isinstance(found.data, dict) and found.data.get("uid") == uid and found.data.get("valid") is False
    yield judge(
        "tokens.read", "tokens: gives back what was pushed",
        None if found.well and same else f"another token is given, or none: {found.told()}", "uid and valid agree",
    )  # fmt: skip


def _token(uid: str) -> dict[str, Any]:
    return {
        "country_code": settings.OCPI_COUNTRY_CODE, "party_id": settings.OCPI_PARTY_ID, "uid": uid,
        "type": "APP_USER", "contract_id": f"{settings.OCPI_COUNTRY_CODE}-{settings.OCPI_PARTY_ID}-CONFORMANCE",
        "issuer": settings.OCPI_BUSINESS_NAME, "valid": False, "whitelist": "NEVER",
        "last_updated": moment_text(datetime.now(UTC)),
    }  # fmt: skip


def _command_answer(calls: Calls) -> Check:
    """STOP_SESSION of a session that nobody has."""
    id, title = "commands.answer", "commands: a command is answered at once"
    url = calls.url("commands", "STOP_SESSION")
    if url is None:
        return Check(id, title, SKIPPED, "the operator has no such module")
    back = f"{V2_2_1.url}/commands/STOP_SESSION/callback/{secrets.token_hex(20)}"
    reply = calls.send("POST", url, {"response_url": back, "session_id": f"conformance-{uuid.uuid4()}"})
    problem = _response_problem(reply)
    told = "" if problem else str(reply.data["result"])
    return judge(id, title, problem, told)


def _response_problem(reply: Reply) -> str | None:
    if reply.status not in range(200, 300) or reply.envelope is None:
        return f"a CommandResponse is expected, got {reply.told()}"
    try:
        answer = read(reply.data, CommandResponse)
    except WireError as error:
        return f"data.{error}" if error.path else f"data: {error}"
    known = answer.result.upper() in RESPONSES
    return None if known else f"data.result: {answer.result[:40]!r} is not among {', '.join(sorted(RESPONSES))}"


def _command_result(
    id: str, title: str, wait: Wait, ask: Callable[[], Command], *, must_work: bool = False
) -> Check:
    """The CommandResult at our response_url, for a command that was accepted.

    must_work: it has to be accepted, and its result to be ACCEPTED.
    """
    command = ask()
    for _ in range(RESULT_WITHIN_S):
        command.refresh_from_db()
        if command.state in FINAL_STATES:
            break
        wait(1)
    if command.response and command.response != "ACCEPTED" and not must_work:
        return Check(id, title, SKIPPED, f"the operator answered {command.response}, so that no result is due")
    if command.response != "ACCEPTED":
        reason = command.response or command.result or command.state
        return Check(id, title, FAILED, f"{command.kind} was not accepted: {reason}")
    if command.state not in FINAL_STATES or command.result in ("", "NO_RESULT"):
        return Check(id, title, FAILED, f"{command.kind} was accepted, but no CommandResult came")
    wrong = must_work and command.result != "ACCEPTED"
    return Check(id, title, FAILED if wrong else PASSED, f"{command.kind}: {command.result}")


def _charge(party: Party, wait: Wait) -> Checks:
    """START_SESSION at a free EVSE, then STOP_SESSION of the session that came of it."""
    title = "commands: START_SESSION at a free EVSE"
    free = Evse.objects.filter(
        location__party=party, status="AVAILABLE", capabilities__contains=["REMOTE_START_STOP_CAPABLE"]
    ).select_related("location").first()  # fmt: skip
    if free is None:
        yield Check("commands.start", title, SKIPPED, "no EVSE is free")
        return
    reference = str(uuid.uuid4())
    started = _command_result("commands.start", title, wait, lambda: request_command(
        party=party, kind=CommandKind.START_SESSION, order_reference=reference, token=driver_token(None),
        location_id=free.location.ocpi_id, evse_uid=free.uid,
    ), must_work=True)  # fmt: skip
    yield started
    if started.verdict != PASSED:
        return
    yield _stop(party, reference, wait)


def _stop(party: Party, reference: str, wait: Wait) -> Check:
    """Ends what _charge began; fails when the session never came, since then only people can end it."""
    id, title = "commands.stop", "commands: the session comes with our reference, and STOP_SESSION ends it"
    for _ in range(RESULT_WITHIN_S):
        session = Session.objects.filter(party=party, authorization_reference=reference).first()
        if session is not None:
            break
        wait(1)
    else:
        return Check(id, title, FAILED, "no session with our authorization_reference came: end the charge by hand")
    session_id = session.ocpi_id
    return _command_result(id, title, wait, lambda: request_command(
        party=party, kind=CommandKind.STOP_SESSION, session_id=session_id
    ), must_work=True)  # fmt: skip
