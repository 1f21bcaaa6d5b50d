"""Celery tasks of the back office. All may run twice, late, or side by side."""

from celery import shared_task


@shared_task(ignore_result=True)
def watch_cases() -> None:
    """Beat: open and close cases."""
    from emsp.backoffice.cases import watchdog

    watchdog.look()


@shared_task(ignore_result=True, acks_late=True)
def send_notices() -> None:
    """Wake-up and beat: send the mails and webhook calls that are due."""
    from emsp.backoffice.cases import notices

    notices.send_due()


@shared_task(ignore_result=True)
def forget_old() -> None:
    """Beat: forget logins, sessions and authorizations whose time is over."""
    from django.utils import timezone

    from emsp.backoffice import retention

    retention.forget_old(now=timezone.now())


@shared_task(ignore_result=True)
def count_figures() -> None:
    """Beat: count the hours of the dashboard that are due."""
    from emsp.backoffice.dashboard import counting

    counting.count_due()
