"""Sends one claimed command and keeps what the CPO answered at once. HTTP, so never inside a transaction."""

import logging
from datetime import datetime, timedelta
from typing import Unpack

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from emsp.core.correlation import about
from ocpi.client import CommandAnswer, NotOffered, OcpiClient, PeerError, exchange_limit
from ocpi.models import Command, CommandKind, CommandState, ConnectionStatus
from ocpi.services import command_states
from ocpi.services.command_check import evse_verdict
from ocpi.services.command_states import CPO_UNREACHABLE, NOT_SUPPORTED, Changes

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=45)
SPARE = timedelta(seconds=7)
WITHOUT_TIMEOUT_S = 60
LEAST_TIMEOUT_S, MOST_TIMEOUT_S = 30, 3600
GRACE_S = 5
SEND_WITHIN = timedelta(minutes=10)
OUTDATED = frozenset({CommandKind.START_SESSION, CommandKind.RESERVE_NOW, CommandKind.CHECK_EVSE})
WITH_TOKEN = frozenset({CommandKind.START_SESSION, CommandKind.RESERVE_NOW})
# Gateway time-outs: whoever stands between us and the CPO does not know whether the CPO has it.
UNDECIDED_STATUSES = frozenset({408, 504})
UNDECIDED_CODE = 4002


def send(command: Command) -> None:
    """Bring a claimed command to the CPO, once, and apply the synchronous answer.

    The row is SENT and committed before the request leaves: a worker that dies later leaves a command that
    may have been sent, and the result may come before the answer does.
    """
    connection = command.party.connection.name
    ids = command.asked_under | {"order": command.order_reference, "connection": connection, "command": str(command)}
    with about(**ids):
        _send(command)


def _send(command: Command) -> None:
    if problem := _unsendable(command):
        return _apply(command, CommandState.FAILED, result=CPO_UNREACHABLE, message=problem)
    client = OcpiClient(command.party.connection, command.party)
    if command.check_evse_first:
        verdict = evse_verdict(command, client)
        if verdict.result:
            return _apply(command, CommandState.FAILED, result=verdict.result, message=verdict.message)
        if command.kind == CommandKind.CHECK_EVSE:
            return _apply(command, CommandState.SUCCEEDED, message=verdict.message)
    if command.kind in WITH_TOKEN and command.party.connection.push_app_tokens:
        _push_token(command, client)
    sent_at = _mark_sent(command)
    if sent_at is None:
        return None
    try:
        answer = client.command(command.kind, command.body | {"response_url": response_url(command)})
    except PeerError as error:
        return _not_answered(command, error)
    return _answered(command, answer, sent_at)


def response_url(command: Command) -> str:
    """Where the CPO POSTs the CommandResult; the uid in it cannot be guessed (ocpi.md 3.6)."""
    return f"{settings.OCPI_EMSP_URL}/2.2.1/commands/{command.kind}/callback/{command.uid}"


def _unsendable(command: Command) -> str:
    if command.party.connection.status != ConnectionStatus.REGISTERED:
        return "the CPO is not registered"
    now, expires_at = timezone.now(), command.reservation_expires_at
    if command.kind in OUTDATED and now > command.created_at + SEND_WITHIN:
        return "it could not be sent in time"
    return "the reservation would be over already" if expires_at is not None and expires_at <= now else ""


def _push_token(command: Command, client: OcpiClient) -> None:
    try:
        client.put_token(command.body["token"])
    except PeerError as error:
        log.warning("%s: the token could not be put at %s: %s", command, command.party, error)


@transaction.atomic
def _mark_sent(command: Command) -> datetime | None:
    """When the request leaves; None when the command is not ours any more."""
    row, now = command_states.lock(command.pk), timezone.now()
    if row.state != CommandState.CREATED or row.leased_until != command.leased_until:
        return None
    held_until = now + max(LEASE, exchange_limit(command.party.connection) + SPARE)
    command_states.move(
        command.pk, CommandState.SENT, sent_at=now, leased_until=held_until, due_at=held_until,
        deadline_at=_deadline(now, None),
    )
    return now


def _deadline(sent_at: datetime, timeout_s: int | None) -> datetime:
    """Until when a result is waited for. Source: ocpi.md 3.6."""
    wait_s = WITHOUT_TIMEOUT_S if timeout_s is None else timeout_s
    return sent_at + timedelta(seconds=min(max(wait_s, LEAST_TIMEOUT_S), MOST_TIMEOUT_S) + GRACE_S)


def _answered(command: Command, answer: CommandAnswer, sent_at: datetime) -> None:
    if answer.code == UNDECIDED_CODE or (answer.code < 2000 and not answer.result):
        return _unknown(command, answer.message)
    if answer.code >= 2000:
        return _apply(
            command, CommandState.FAILED, response=answer.result, result=f"OCPI_{answer.code}",
            message=answer.message,
        )
    if answer.result != "ACCEPTED":
        return _apply(
            command, CommandState.FAILED, response=answer.result, result=answer.result, message=answer.message
        )
    deadline_at = _deadline(sent_at, answer.timeout_s)
    return _apply(
        command, CommandState.AWAITING_RESULT, response=answer.result, message=answer.message,
        deadline_at=deadline_at, due_at=deadline_at,
    )


def _not_answered(command: Command, error: PeerError) -> None:
    """Refused below OCPI, not reached, or reached perhaps: only the last is left open."""
    if isinstance(error, NotOffered):
        return _apply(command, CommandState.FAILED, result=NOT_SUPPORTED, message=error.reason)
    if not error.sent:
        return _apply(command, CommandState.FAILED, result=CPO_UNREACHABLE, message=error.reason)
    status, code = error.status, error.code
    if status is None or status in range(200, 300) or status in UNDECIDED_STATUSES or code == UNDECIDED_CODE:
        return _unknown(command, error.reason)
    said_by_ocpi = code is not None and status in range(400, 500) and status not in (401, 403)
    result = f"OCPI_{code}" if said_by_ocpi else f"HTTP_{status}"
    return _apply(command, CommandState.FAILED, result=result, message=error.reason)


@transaction.atomic
def _unknown(command: Command, message: str) -> None:
    row = command_states.lock(command.pk)
    if row.state == CommandState.SENT:
        due_at = row.deadline_at or timezone.now()
        command_states.move(command.pk, CommandState.UNKNOWN, message=message, due_at=due_at)


@transaction.atomic
def _apply(command: Command, to: CommandState, **changes: Unpack[Changes]) -> None:
    """Keep what was answered, unless the CommandResult was faster."""
    row = command_states.lock(command.pk)
    if command_states.is_open(row) and row.state != to:
        command_states.move(command.pk, to, **changes)
