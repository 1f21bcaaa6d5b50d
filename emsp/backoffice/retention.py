"""Forgets what staff's logins and operators' traffic leave of people, when its time is over."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session

from ocpi.models import Authorization, ParkedObject


def forget_old(*, now: datetime) -> None:
    """Failed logins and ended sessions of staff: STAFF_KEEP_LOGINS_DAYS after them, ended sessions at once. Where drivers'
    tokens were authorised, and objects that were mended: BECKN_KEEP_MESSAGES_DAYS after that.
    """
    AccessAttempt.objects.filter(attempt_time__lt=now - timedelta(days=settings.STAFF_KEEP_LOGINS_DAYS)).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    long_ago = now - timedelta(days=settings.BECKN_KEEP_MESSAGES_DAYS)
    Authorization.objects.filter(expires_at__lt=long_ago).delete()
    ParkedObject.objects.filter(resolved_at__lt=long_ago).delete()
