"""What all actions share: perform, wait for the charge point where needed, answer with one callback."""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from beckn import errors
from beckn.models import Callback, Request, RequestState, Transaction
from beckn.services import callbacks
from beckn.wire.v1_1_0 import MESSAGE_TYPES, callback_action
from emsp.core.correlation import about
from emsp.core.errors import DomainError
from emsp.core.exchanges import BECKN, FAILED, OK, REFUSED, Ending, tell
from emsp.core.wakeup import wake
from emsp.core.wire import WireError, convert
from sessions.models import Order

MARGIN = timedelta(milliseconds=500)  # on_init and on_confirm are to arrive, not to leave, within the limit


class Action(ABC):
    """One action of a BAP. A new one is a subclass in a file of its own and a line in actions/__init__.py."""

    name: ClassVar[str]
    lasting: ClassVar[bool] = True  # whether its callback is tried for a day; looking things up is not
    looks_up: ClassVar[bool] = False  # whether it changes nothing, and its answer depends on the message alone

    def perform(self, request: Request, conversation: Transaction, message: Any) -> Order | None:
        """Do what was asked, in a savepoint that a refusal undoes. Gives the order it was about, if any."""
        return None

    def settled(self, order: Order) -> bool:
        """Whether the answer can be given now; else it waits for the charge point, at most the allowed time."""
        return True

    @abstractmethod
    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        """The `message` of the callback; raises a DomainError when the outcome is a refusal."""

    def stub(self, message: Any, order: Order | None) -> dict[str, Any]:
        """The smallest legal `message` beside an `error` (beckn.md a.3)."""
        return {}

    def handle(self, request: Request) -> None:
        """Perform a request that is new, or answer one that waited. Runs in the caller's transaction."""
        message = convert(request.body, MESSAGE_TYPES[self.name])
        conversation = Transaction.objects.get(bap_id=request.bap_id, transaction_id=request.transaction_id)
        if request.state == RequestState.WAITING:
            self.finish(request, conversation, message)
            return
        try:
            with transaction.atomic():
                request.order = self.perform(request, conversation, message)
        except (DomainError, WireError) as refusal:
            self.reply(
                request, conversation, self.stub(message, request.order), error=errors.error_of(refusal)
            )
            return
        request.answer_by = answer_deadline(request)
        self.finish(request, conversation, message)

    def look_up(self, request: Request) -> Callback:
        """The callback of an action that looks things up; not kept yet. Needs no transaction."""
        message = convert(request.body, MESSAGE_TYPES[self.name])
        conversation = Transaction(bap_id=request.bap_id, transaction_id=request.transaction_id)
        error = None
        try:
            answer = self.answer(conversation, message, None)
        except (DomainError, WireError) as refusal:
            answer, error = self.stub(message, None), errors.error_of(refusal)
        name = callback_action(self.name)
        return callbacks.written(conversation, name, answer, error=error, request=request, lasting=self.lasting)

    def finish(self, request: Request, conversation: Transaction, message: Any) -> None:
        """Answer now, or keep the request waiting until there is news or the time is up."""
        order = request.order
        if order is not None:
            order = Order.objects.select_related("offer__evse", "party", "quote", "session").get(pk=order.pk)
            if not self.settled(order) and request.answer_by and timezone.now() < request.answer_by:
                self._wait(request)
                return
        try:
            answer = self.answer(conversation, message, order)
        except (DomainError, WireError) as refusal:
            self.reply(request, conversation, self.stub(message, order), error=errors.error_of(refusal))
            return
        self.reply(request, conversation, answer)

    def _wait(self, request: Request) -> None:
        from beckn import tasks

        until = request.answer_by or answer_deadline(request)
        request.state, request.due_at, request.leased_until = RequestState.WAITING, until, None
        request.save(update_fields=["state", "due_at", "answer_by", "order", "leased_until"])
        left_s = (until - timezone.now()).total_seconds()
        wake(tasks.handle_requests, countdown_s=max(left_s, 0.1))

    def reply(
        self,
        request: Request,
        conversation: Transaction,
        message: dict[str, Any],
        *,
        error: dict[str, Any] | None = None,
    ) -> None:
        """Write the callback and close the request."""
        callbacks.queue(
            transaction=conversation,
            action=callback_action(self.name),
            message=message,
            error=error,
            request=request,
            order=request.order,
            lasting=self.lasting,
        )
        request.state, request.answered_at, request.leased_until = RequestState.ANSWERED, timezone.now(), None
        request.save(update_fields=["state", "answered_at", "order", "answer_by", "leased_until"])
        transaction.on_commit(partial(tell_answered, request, request.answered_at, error))


def tell_answered(request: Request, answered_at: datetime, error: dict[str, Any] | None) -> None:
    """How long the app's request took until its answer stood in the outbox. Our own failure is no refusal."""
    refusal = FAILED if error == errors.internal_error() else REFUSED
    with about(
        transaction_id=request.transaction_id, message_id=request.message_id, action=request.action,
        subscriber=request.bap_id, error_code=str((error or {}).get("code", "")),
    ):  # fmt: skip
        tell(
            BECKN, "answer", Ending(refusal if error else OK), subject=request.action, partner=request.bap_id,
            seconds=(answered_at - request.received_at).total_seconds(),
        )  # fmt: skip


def answer_deadline(request: Request) -> datetime:
    """Until when an answer may wait for the charge point (design.md §8, on_init, on_confirm)."""
    return request.received_at + timedelta(seconds=settings.BECKN_ANSWER_WITHIN_S) - MARGIN
