"""What staff do to tokens: issue, block, unblock, change. Every change is news for the CPOs and is pushed to them."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from emsp.core.errors import DomainError
from ocpi.models import Authorization, Token, TokenType
from ocpi.services import token_copies, tokens


class TokenRefused(DomainError):
    """The token cannot be issued or changed so."""


def complete(token: Token) -> None:
    """Fill in what staff left empty of a new token: uid (never of a card), contract, issuer.

    Raises TokenRefused for a card without a uid, or a uid that another token of its type has.
    """
    token.uid = token.uid.strip().upper()
    if not token.uid and token.type == TokenType.RFID:
        raise TokenRefused("a card needs the uid that its chip has")
    fresh = tokens.new_values()
    token.uid = token.uid or fresh["uid"]
    token.contract_id = token.contract_id.strip() or fresh["contract_id"]
    token.issuer = token.issuer.strip() or fresh["issuer"]
    if Token.objects.filter(~Q(pk=token.pk), type=token.type, uid__iexact=token.uid).exists():
        raise TokenRefused("there is a token with this uid already")


@transaction.atomic
def save(token: Token) -> Token:
    """Keep a new or changed token with a new last_updated, and have it pushed."""
    token.last_updated = later(token)
    token.save()
    token_copies.push_everywhere(token)
    return token


@transaction.atomic
def block(token: Token, *, reason: str) -> Token:
    """No CPO may let the driver charge any more. Raises TokenRefused without a reason, or when it is blocked."""
    words = reason.strip()[:200]
    if not words:
        raise TokenRefused("a token is blocked with a reason")
    row = Token.objects.select_for_update().get(pk=token.pk)
    if not row.valid:
        raise TokenRefused("the token is blocked already")
    row.valid, row.blocked_reason = False, words
    return save(row)


@transaction.atomic
def unblock(token: Token) -> Token:
    """The driver may charge again. Raises TokenRefused when the token is not blocked."""
    row = Token.objects.select_for_update().get(pk=token.pk)
    if row.valid:
        raise TokenRefused("the token is not blocked")
    row.valid, row.blocked_reason = True, ""
    return save(row)


@transaction.atomic
def forget_driver(chosen: list[int]) -> None:
    """Nobody is recognised by these tokens any more, and nobody charges with them; the operators are told.

    uid and contract id stay as pseudonyms, because sessions and CDRs carry them. Where they were authorised is forgotten.
    """
    Authorization.objects.filter(token__in=chosen).delete()
    for token in Token.objects.select_for_update().filter(pk__in=chosen):
        token.driver_hash, token.valid, token.blocked_reason = None, False, "the driver was erased"
        save(token)


def later(token: Token) -> datetime:
    """Now, to the second as it is emitted, and after the last change: CPOs ignore what is not newer."""
    now = timezone.now().replace(microsecond=0)
    before = token.last_updated
    return now if before is None or now > before else before + timedelta(seconds=1)
