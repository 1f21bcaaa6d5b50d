"""What is refused at the door, in the order of beckn.md b.2 and design.md §5: endpoint, form, then what we serve."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import SplitResult

from django.conf import settings

from beckn.models import Subscriber
from beckn.services.subscribers import plain_url
from beckn.wire.v1_1_0 import MESSAGE_TYPES
from beckn.wire.v1_1_0.moments import duration_of, moment_of
from emsp.core.errors import DomainError
from emsp.core.http import ForbiddenAddress, UnresolvableHost, check_url
from emsp.core.wire import Wire, WireError, convert

REQUIRED = ("domain", "bap_id", "bap_uri", "transaction_id", "message_id")
TEXT_LIMIT = 255  # characters
URI_LIMIT = 600
SKEW = timedelta(seconds=5)
PORTS = {"http": 80, "https": 443}


class UnknownAction(DomainError):
    """There is no such endpoint."""


class NotServed(DomainError):
    """A well-formed request that we know at once we will not answer. path: the member that says why."""

    def __init__(self, reason: str, *, path: str) -> None:
        self.path = path
        super().__init__(reason)


def screen(body: dict[str, Any], *, action: str, sender: Subscriber, now: datetime) -> Wire:
    """The message in its wire type, when it is to be acknowledged.

    body: as beckn.reading.read gave it, from sender, whose signature is proven.
    Raises UnknownAction, WireError (endpoint and form) or NotServed.
    """
    message = form_of(body, action=action, now=now)
    check_reply_address(body["context"]["bap_uri"], sender)
    return message


def form_of(body: dict[str, Any], *, action: str, now: datetime) -> Wire:
    """The message in its wire type, whoever sent it; all of screen but what needs a sender. Raises as screen does."""
    wanted = MESSAGE_TYPES.get(action)
    if wanted is None:
        raise UnknownAction("no such action")
    context = body.get("context")
    if not isinstance(context, dict):
        raise WireError("required, but missing", path="context")
    _check_endpoint(context, action)
    _check_context(context)
    message = convert(body, wanted)
    sent_at = moment_of(context.get("timestamp"), "context.timestamp")
    ttl = duration_of(context.get("ttl"), "context.ttl")
    _check_served(context)
    if sent_at is not None and ttl is not None and now - sent_at > ttl + SKEW:
        raise NotServed("the message has expired: timestamp and ttl lie in the past", path="context.ttl")
    return message


def _check_endpoint(context: dict[str, Any], action: str) -> None:
    """The signature does not cover the path, so the body must name the endpoint (beckn.md a.1)."""
    if context.get("action") != action:
        raise WireError(f"is not {action}, the action of this endpoint", path="context.action")


def _check_context(context: dict[str, Any]) -> None:
    missing = [name for name in REQUIRED if context.get(name) in (None, "")]
    if missing:
        raise WireError(f"required, but missing: {', '.join(missing)}", path=f"context.{missing[0]}")
    for name in REQUIRED:
        limit = URI_LIMIT if name == "bap_uri" else TEXT_LIMIT
        if not isinstance(context[name], str) or len(context[name]) > limit:
            raise WireError(f"is not a text of at most {limit} characters", path=f"context.{name}")
    if plain_url(context["bap_uri"]) is None:
        raise WireError("is not a plain absolute http(s) URL", path="context.bap_uri")


def _check_served(context: dict[str, Any]) -> None:
    if context["domain"] not in settings.BECKN_DOMAINS:
        raise NotServed("this domain is not served", path="context.domain")
    version = context.get("version") or context.get("core_version")
    if version not in settings.BECKN_VERSIONS:
        raise NotServed(f"served are the versions {', '.join(settings.BECKN_VERSIONS)}", path="context.version")
    if context.get("bpp_id") not in (None, "", settings.BECKN_SUBSCRIBER_ID):
        raise NotServed("the message is addressed to another BPP", path="context.bpp_id")


def check_reply_address(bap_uri: str, sender: Subscriber) -> None:
    """Who owns a valid key must not make us POST anywhere else (beckn.md c.1, design.md §8). Raises NotServed."""
    if not same_origin(bap_uri, sender.url):
        raise NotServed("scheme, host and port are not those of the registered URL", path="context.bap_uri")
    if settings.SANDBOX:
        return
    try:
        check_url(bap_uri)
    except UnresolvableHost:
        return  # a name server that is away for a moment; the callback is tried again
    except ForbiddenAddress as error:
        raise NotServed(str(error), path="context.bap_uri") from None


def same_origin(one: str, other: str) -> bool:
    """Whether two plain absolute URLs have scheme, host and port in common."""
    first, second = plain_url(one), plain_url(other)
    return first is not None and second is not None and _origin(first) == _origin(second)


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or PORTS[parts.scheme]
