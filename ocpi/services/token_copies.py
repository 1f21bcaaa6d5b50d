"""Our tokens at the CPOs: pushed when they change, compared with what the CPO has, pushed again when they differ.

Source: OCPI 2.2.1, mod_tokens, Receiver interface; ocpi.md 3.5.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from emsp.core import circuits
from emsp.core.models import PartnerKind
from emsp.core.wakeup import wake
from emsp.core.wire import moment_text
from ocpi import tasks
from ocpi.client import NotOffered, OcpiClient, PeerError
from ocpi.models import Connection, ConnectionStatus, CopyState, Token, TokenCopy, TokenType
from ocpi.services.tokens import token_object
from ocpi.wire import scalars

log = logging.getLogger(__name__)

COMPARED = ("valid", "whitelist", "contract_id", "issuer", "language")
KEPT = (*COMPARED, "last_updated")
PER_CONNECTION = 2  # at a time: a slow CPO holds up nobody but itself
LEASE = timedelta(seconds=90)  # more than one exchange with a CPO takes
CHECK_EVERY = timedelta(days=1)
WAITS_S = (2, 10, 60)
LONG_WAIT_S = 300
MOST_ATTEMPTS = 60  # about five hours


def push_everywhere(token: Token) -> int:
    """Have a token pushed to every registered CPO, in the transaction of its change; gives how many that are."""
    now, peers = timezone.now(), _peers()
    TokenCopy.objects.bulk_create(
        [TokenCopy(token=token, connection=peer) for peer in peers], ignore_conflicts=True
    )
    _push(TokenCopy.objects.filter(token=token, connection__in=peers), now)
    return len(peers)


def push_earlier(connection: Connection) -> None:
    """Have a CPO that just registered told what the others were: cards, blocked tokens, and what any CPO has a copy of.

    Inside the transaction of the registration. Tokens that drivers get by themselves reach a CPO with their commands.
    """
    told = Q(type=TokenType.RFID) | Q(valid=False) | Exists(TokenCopy.objects.filter(token=OuterRef("pk")))
    rows = (TokenCopy(token_id=pk, connection=connection) for pk in Token.objects.filter(told).values_list("pk", flat=True))
    TokenCopy.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    _push(TokenCopy.objects.filter(connection=connection), timezone.now())


def push_again(copies: QuerySet[TokenCopy]) -> int:
    """Have these copies pushed, for staff who saw them differ; gives how many."""
    return _push(TokenCopy.objects.filter(pk__in=copies.values("pk")), timezone.now())


def check_everywhere(token: Token) -> int:
    """Have a token read at every registered CPO; gives how many that are."""
    peers = _peers()
    TokenCopy.objects.bulk_create(
        [TokenCopy(token=token, connection=peer) for peer in peers], ignore_conflicts=True
    )
    return check(TokenCopy.objects.filter(token=token, connection__in=peers))


def check(copies: QuerySet[TokenCopy]) -> int:
    """Have these copies read at their CPOs now; gives how many."""
    count = TokenCopy.objects.filter(pk__in=copies.values("pk")).update(check_at=timezone.now())
    wake(tasks.check_tokens)
    return count


def differences(token: Token, theirs: dict[str, Any] | None) -> list[str]:
    """What a CPO's copy says otherwise than we do, as sentences; nothing where it is not known."""
    if theirs is None:
        return []
    ours = _kept(token_object(token))
    return [
        f"{name}: ours {_word(ours[name])}, theirs {_word(theirs.get(name))}"
        for name in COMPARED
        if _plain(ours[name]) != _plain(theirs.get(name))
    ]


def push_due() -> int:
    """Push what is due; gives how many were tried. Never inside a transaction; safe in many workers at once."""
    tried = 0
    while (copy := _claim("due_at")) is not None:
        _push_one(copy)
        tried += 1
    return tried


def check_due() -> int:
    """Read at the CPOs what is due; gives how many were read. Never inside a transaction."""
    tried = 0
    while (copy := _claim("check_at")) is not None:
        _check_one(copy)
        tried += 1
    return tried


def _peers() -> list[Connection]:
    return list(Connection.objects.filter(status=ConnectionStatus.REGISTERED))


def _push(copies: QuerySet[TokenCopy], now: datetime) -> int:
    count = copies.update(due_at=now, state=CopyState.WAITING, attempts=0, error="")
    wake(tasks.push_tokens)
    return count


@transaction.atomic
def _claim(moment: str) -> TokenCopy | None:
    """The copy that waits longest, leased; one by one, so that no lease ends while a slow CPO is waited for.

    CPOs that are left alone because they do not answer, and those with PER_CONNECTION copies under way, are passed by.
    """
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    rows = TokenCopy.objects.select_for_update(skip_locked=True, of=("self",)).filter(free, **{f"{moment}__lte": now})
    rows = rows.filter(connection__status=ConnectionStatus.REGISTERED).exclude(connection__in=_passed_by(moment, now))
    claimed = rows.select_related("token", "connection").order_by(moment, "id").first()
    if claimed is not None:
        TokenCopy.objects.filter(pk=claimed.pk).update(leased_until=now + LEASE)
    return claimed


def _passed_by(moment: str, now: datetime) -> list[int]:
    silent = [int(key) for key in circuits.shut(PartnerKind.CPO).values_list("partner", flat=True)]
    leased = TokenCopy.objects.filter(leased_until__gte=now, **{f"{moment}__lte": now}).order_by().values("connection")
    full = leased.annotate(count=Count("pk")).filter(count__gte=PER_CONNECTION)
    return silent + list(full.values_list("connection", flat=True))


def _push_one(copy: TokenCopy) -> None:
    """A change that came meanwhile moved due_at: then the row stays due, and the newer state is pushed after this one."""
    sent = token_object(copy.token)
    mine, same_wish = TokenCopy.objects.filter(pk=copy.pk), Q(due_at=copy.due_at)
    try:
        OcpiClient(copy.connection).put_token(sent)
    except NotOffered:
        mine.filter(same_wish).update(state=CopyState.NOT_OFFERED, due_at=None, check_at=None)
    except PeerError as error:
        attempts = copy.attempts + 1
        wait_s = WAITS_S[attempts - 1] if attempts <= len(WAITS_S) else LONG_WAIT_S
        due_at = None if attempts >= MOST_ATTEMPTS else timezone.now() + timedelta(seconds=wait_s)
        mine.filter(same_wish).update(
            state=CopyState.FAILED, due_at=due_at, attempts=F("attempts") + 1, error=error.reason[:300]
        )
        log.warning("%s could not be pushed: %s", copy, error)
    else:
        now = timezone.now()
        mine.update(pushed=_kept(sent), pushed_at=now, check_at=now + CHECK_EVERY)
        mine.filter(same_wish).update(state=CopyState.SAME, due_at=None, attempts=0, error="")
    mine.update(leased_until=None)


def _check_one(copy: TokenCopy) -> None:
    ours = token_object(copy.token)
    mine, now = TokenCopy.objects.filter(pk=copy.pk), timezone.now()
    try:
        theirs = OcpiClient(copy.connection).get_token(ours)
    except NotOffered:
        mine.update(state=CopyState.NOT_OFFERED, check_at=None, leased_until=None)
        return
    except PeerError as error:
        mine.update(error=error.reason[:300], check_at=now + CHECK_EVERY, leased_until=None)
        return
    mine.update(
        seen=_kept(theirs) if theirs is not None else None, seen_at=now, check_at=now + CHECK_EVERY, leased_until=None,
        error="",
    )  # fmt: skip
    if theirs is None:
        state = CopyState.MISSING
    else:
        state = CopyState.DIFFERS if differences(copy.token, _kept(theirs)) else CopyState.SAME
    mine.filter(due_at=None).update(state=state)  # what is to be pushed stays so


def _kept(token: dict[str, Any]) -> dict[str, Any]:
    """What of a Token object is compared; nothing that the uid of a card could be read from."""
    kept = {name: token.get(name) for name in COMPARED}
    return {
        name: value if isinstance(value, bool) or value is None else str(value)[:64] for name, value in kept.items()
    } | {"last_updated": _moment(token.get("last_updated"))}


def _moment(value: Any) -> str | None:
    if isinstance(value, datetime):
        return moment_text(value)
    try:
        return moment_text(scalars.moment(value))
    except ValueError:
        return None


def _plain(value: Any) -> Any:
    return value.strip().casefold() or None if isinstance(value, str) else value


def _word(value: Any) -> str:
    return {True: "true", False: "false", None: "nothing"}.get(value, str(value)) if not isinstance(value, str) else value
