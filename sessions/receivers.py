"""News from the CPOs that moves an order."""

from typing import Any

from django.dispatch import receiver

from ocpi.models import Cdr, Command, Session
from ocpi.signals import cdr_stored, command_finished, session_stored
from sessions.services import answers, billing, metering


@receiver(command_finished, dispatch_uid="sessions.command_finished")
def on_command_finished(command: Command, **kwargs: Any) -> None:
    answers.command_finished(command)


@receiver(session_stored, dispatch_uid="sessions.session_stored")
def on_session_stored(session: Session, **kwargs: Any) -> None:
    metering.session_reported(session)


@receiver(cdr_stored, dispatch_uid="sessions.cdr_stored")
def on_cdr_stored(cdr: Cdr, **kwargs: Any) -> None:
    billing.cdr_received(cdr)
