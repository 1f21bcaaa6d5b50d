"""Beckn core 1.1.0: what we read of requests, in all the dialects beckn.md (f) accepts, and what we send.

Of requests only members that mean something to us are declared; others are ignored. Own types, from beckn.md (a).
"""

from beckn.wire.v1_1_0.answer_check import check_answer
from beckn.wire.v1_1_0.context import Context, echoed
from beckn.wire.v1_1_0.numbers import decimal_of, text_of
from beckn.wire.v1_1_0.order import Fulfillment, Item, OrderIn, Stop
from beckn.wire.v1_1_0.requests import MESSAGE_TYPES, Intent, callback_action

__all__ = [
    "MESSAGE_TYPES",
    "Context",
    "Fulfillment",
    "Intent",
    "Item",
    "OrderIn",
    "Stop",
    "callback_action",
    "check_answer",
    "decimal_of",
    "echoed",
    "text_of",
]
