"""What we do for each action of a BAP, and the one door to it: run()."""

import logging

from beckn import errors
from beckn.actions.base import Action, tell_answered
from beckn.actions.cancel import Cancel
from beckn.actions.confirm import Confirm
from beckn.actions.init import Init
from beckn.actions.meta import CancellationReasons, RatingCategories, ReturnReasons
from beckn.actions.rating import Rate
from beckn.actions.search import Search
from beckn.actions.select import Select
from beckn.actions.status import Status
from beckn.actions.support import Support
from beckn.actions.track import Track
from beckn.actions.update import Update
from beckn.models import Callback, Request, RequestState, Transaction
from beckn.wire.v1_1_0 import MESSAGE_TYPES
from emsp.core.wire import WireError, convert
from sessions.models import Order

log = logging.getLogger(__name__)

ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Search(),
        Select(),
        Init(),
        Confirm(),
        Update(),
        Status(),
        Track(),
        Cancel(),
        Rate(),
        Support(),
        CancellationReasons(),
        RatingCategories(),
        ReturnReasons(),
    )
}

LOOK_UPS = frozenset(name for name, action in ACTIONS.items() if action.looks_up)


def look_up(request: Request) -> Callback:
    """The callback that answers a request of one of LOOK_UPS; not kept yet. Its row need not be locked."""
    return ACTIONS[request.action].look_up(request)


def run(request: Request) -> None:
    """Handle a request of the inbox; its row is locked by the caller's transaction.

    Writes the callback and sets the request ANSWERED, or sets it WAITING for the charge point.
    """
    ACTIONS[request.action].handle(request)


def give_up(request: Request) -> None:
    """Answer a request that our own code failed on again and again: an error without details.

    A body that cannot be read any more gives nothing for a stub; its message is empty.
    """
    action = ACTIONS[request.action]
    conversation = Transaction.objects.get(bap_id=request.bap_id, transaction_id=request.transaction_id)
    try:
        stub = action.stub(convert(request.body, MESSAGE_TYPES[request.action]), request.order)
    except WireError:
        stub = {}
    action.reply(request, conversation, stub, error=errors.internal_error())


def answer_waiting(order: Order) -> int:
    """Answer the requests that wait for news of this order and can be answered now; gives how many were."""
    waiting = Request.objects.select_for_update(skip_locked=True, no_key=True).filter(
        order=order, state=RequestState.WAITING
    )
    answered = 0
    for request in list(waiting):
        run(request)
        answered += request.state == RequestState.ANSWERED
    return answered


__all__ = ["ACTIONS", "LOOK_UPS", "answer_waiting", "give_up", "look_up", "run", "tell_answered"]
