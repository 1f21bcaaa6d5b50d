"""Links that open something without a login: signed, dead after a time, told to no cache and no search engine."""

from typing import Any

from django.core import signing
from django.http import HttpResponse

from emsp.core.errors import DomainError

PLAIN = "text/plain; charset=utf-8"


class LinkInvalid(DomainError):
    """The link was not made by us, or what it is for is gone."""

    def __init__(self) -> None:
        super().__init__("this link is not valid")


class LinkExpired(DomainError):
    """The link is too old."""

    def __init__(self) -> None:
        super().__init__("this link has expired")


def opened(token: str, *, salt: str, within_s: int) -> Any:
    """What was signed into a token with django.core.signing.dumps. Raises LinkExpired and LinkInvalid."""
    try:
        return signing.loads(token, salt=salt, max_age=within_s)
    except signing.SignatureExpired:
        raise LinkExpired from None
    except signing.BadSignature:
        raise LinkInvalid from None


def refusal(error: LinkExpired | LinkInvalid) -> HttpResponse:
    """410 for a link that is too old, 404 for one that was never ours; in words."""
    status = 410 if isinstance(error, LinkExpired) else 404
    return HttpResponse(f"{error}\n", status=status, content_type=PLAIN)


def secluded(answer: HttpResponse) -> HttpResponse:
    """The answer, which no cache keeps and no search engine lists, and whose address is not told to anyone."""
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
