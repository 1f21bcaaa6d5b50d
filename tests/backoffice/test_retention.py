"""Failed logins, ended sessions, authorizations and mended objects are forgotten in their time."""

from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session

from emsp.backoffice import retention
from ocpi.models import Authorization, ParkedObject, Token
from ocpi.services import tokens
from tests.ocpi.cpo import make_party

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("hours", "stays"), [(-1, True), (1, False)], ids=["in time", "over"])
def test_each_goes_in_its_time(settings, hours, stays):
    settings.STAFF_KEEP_LOGINS_DAYS, settings.BECKN_KEEP_MESSAGES_DAYS = 30, 400
    past = timedelta(hours=hours)
    attempt = AccessAttempt.objects.create(username="x", ip_address="192.0.2.1", failures_since_start=1)
    AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=NOW - timedelta(days=30) - past)
    Session.objects.create(session_key="k", session_data="x", expire_date=NOW - past)
    long_ago = NOW - timedelta(days=400) - past
    token = Token.objects.create(**tokens.new_values())
    Authorization.objects.create(token=token, reference="A-1", expires_at=long_ago)
    ParkedObject.objects.create(
        connection=make_party("CPO").connection, module="cdrs", reason="x", raw={}, last_seen_at=NOW, resolved_at=long_ago
    )

    retention.forget_old(now=NOW)

    left = [model.objects.count() for model in (AccessAttempt, Session, Authorization, ParkedObject)]
    assert left == ([1] * 4 if stays else [0] * 4)


def test_an_object_that_is_still_parked_stays():
    ParkedObject.objects.create(connection=make_party("CPO").connection, module="cdrs", reason="x", raw={},
                                last_seen_at=NOW - timedelta(days=4000))  # fmt: skip
    retention.forget_old(now=NOW)

    assert ParkedObject.objects.count() == 1
