"""Our tokens: one per driver, made when the driver first orders; and the object in which CPOs see one.

Source: OCPI 2.2.1, mod_tokens; ocpi.md 3.5; design.md §8, tokens.
"""

import secrets
import string
from typing import Any

import msgspec
from django.conf import settings
from django.utils import timezone

from ocpi.models import Token
from ocpi.wire.v2_2_1 import tokens as wire

ALPHABET = string.ascii_uppercase + string.digits
UID_LENGTH = 20  # CPOs pass the uid on as OCPP idTag, which has no room for more
INSTANCE_LENGTH = 8


def driver_token(driver_hash: str | None) -> Token:
    """The APP_USER token of a driver; the same one whenever the driver comes, also in two requests at once.

    driver_hash: emsp.core.crypto.keyed_hash of who the driver is; None for a driver who cannot be recognised,
    who gets a new token each time.
    """
    if not driver_hash:
        return Token.objects.create(**new_values())
    token, _ = Token.objects.get_or_create(driver_hash=driver_hash, defaults=new_values())
    return token


def token_object(token: Token) -> dict[str, Any]:
    """The OCPI 2.2.1 Token object, as in the list, in authorizations and in commands."""
    found: dict[str, Any] = msgspec.to_builtins(token_wire(token))
    return found


def token_wire(token: Token) -> wire.Token:
    """As token_object, as a wire type."""
    return wire.Token(
        country_code=settings.OCPI_COUNTRY_CODE,
        party_id=settings.OCPI_PARTY_ID,
        uid=token.uid,
        type=token.type,
        contract_id=token.contract_id,
        issuer=token.issuer.strip(),
        valid=token.valid,
        whitelist=token.whitelist,
        language=token.language.lower() or None,
        last_updated=token.last_updated.replace(microsecond=0),
    )


def new_values() -> dict[str, Any]:
    owner = f"{settings.OCPI_COUNTRY_CODE}-{settings.OCPI_PARTY_ID}"
    return {
        "uid": _random_text(UID_LENGTH),
        "type": "APP_USER",
        "contract_id": f"{owner}-C{_random_text(INSTANCE_LENGTH)}",
        "issuer": settings.OCPI_BUSINESS_NAME[:64],
        # To the second, as it is emitted: date_from with a token's own last_updated must find it.
        "last_updated": timezone.now().replace(microsecond=0),
    }


def _random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
