"""Links to a scorecard that work without a login: signed, with an end, and revocable."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.utils import timezone

from emsp.backoffice.models import ScorecardLink
from ocpi.models import Party

SALT = "emsp.backoffice.scorecard"


def share(party: Party, *, days: int, by: AbstractBaseUser) -> str:
    """Make a link that lasts so many days; gives the token, which is not kept."""
    link = ScorecardLink.objects.create(
        party=party, created_by_id=by.pk, created_by_name=by.get_username(),
        expires_at=timezone.now() + timedelta(days=days),
    )  # fmt: skip
    return signing.dumps(link.pk, salt=SALT)


def revoke(link: ScorecardLink) -> None:
    """End a link now; once ended it stays so."""
    ScorecardLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now())


def party_of(token: str) -> Party | None:
    """Whose scorecard a token opens; None when it is none of ours, has ended or was revoked."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    open_links = ScorecardLink.objects.filter(pk=pk, revoked_at=None, expires_at__gt=timezone.now())
    link = open_links.select_related("party").first()
    return link.party if link is not None else None
