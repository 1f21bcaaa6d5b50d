"""Has the operator asked again about an order: its session, its CDR, or its charge point."""

from emsp.core.wakeup import wake
from ocpi import tasks
from ocpi.models import ConnectionStatus
from ocpi.services import pulls, wanted
from ocpi.services.pull_schedule import want_full
from sessions.models import Order
from sessions.states import OrderState


def ask_again(order: Order) -> str:
    """Wake the workers that read what may be missing; gives in words what is read. Nothing is sent to the charge point.

    A session: that session. A charge that is over without a bill: all CDRs too, since the last pull brought what was
    new. Without a session: the station with its status, and the sessions that changed. Empty when the operator cannot be
    asked, as it is not registered.
    """
    party = order.party
    if party.connection.status != ConnectionStatus.REGISTERED:
        return ""
    if order.session is None:
        wanted.location(party, order.offer.location_ocpi_id)
        wake(tasks.pull_module, party.connection_id, "sessions")
        return "the station's status and new sessions"
    wanted.session(party, order.session.ocpi_id)
    over = order.state in (OrderState.ENDED, OrderState.CANCELLED) or order.session.status == "COMPLETED"
    if not over or order.bills.exists():
        return f"session {order.session.ocpi_id}"
    want_full(party.connection, ("cdrs",))
    pulls.request_pull(party.connection)
    return f"session {order.session.ocpi_id} and all CDRs"
