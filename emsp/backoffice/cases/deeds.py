"""What a person can do about a case: for each deed its button, who may, when it fits, and the service it calls."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from beckn.models import CallbackState
from beckn.services import callbacks
from emsp.backoffice.cases import services
from emsp.backoffice.cases.services import CaseRefused
from emsp.backoffice.models import Case, CaseKind, CaseState
from emsp.core.wakeup import wake
from ocpi import tasks as ocpi_tasks
from ocpi.models import ConnectionStatus
from ocpi.services.pull_schedule import want_full
from ocpi.services.pulls import request_pull
from sessions.audit import decisions
from sessions.models import CdrAudit, Order
from sessions.services import release, stopping
from sessions.services.stopping import PROVIDER, Reason
from sessions.states import OrderState

CANCELLABLE = frozenset(
    {OrderState.RESERVED, OrderState.AGREED, OrderState.CONFIRMED, OrderState.STARTING, OrderState.CHARGING}
)


@dataclass(frozen=True)
class Deed:
    """name: in the form. asks: what is asked before. permission: besides backoffice.change_case. done: said after it."""

    name: str
    label: str
    icon: str
    asks: str
    permission: str
    fits: Callable[[Case], bool]
    act: Callable[[Case, User, str], None]
    done: str
    needs_reason: bool = False


def deeds_for(case: Case, user: User) -> list[Deed]:
    """What this person can do about this case now."""
    if case.state == CaseState.RESOLVED or not user.has_perm("backoffice.change_case"):
        return []
    return [deed for deed in DEEDS if user.has_perm(deed.permission) and deed.fits(case)]


@transaction.atomic
def do(case: Case, name: str, *, by: User, reason: str = "") -> Deed:
    """Do it, and write that into the case. Raises CaseRefused when it does not fit, DomainError as the service does."""
    deed = next((each for each in deeds_for(case, by) if each.name == name), None)
    if deed is None:
        raise CaseRefused("that cannot be done about this case now")
    words = reason.strip()
    if deed.needs_reason and not words:
        raise CaseRefused(f"{deed.label.lower()}: a reason is needed")
    deed.act(case, by, words)
    services.record(case, f"{deed.done}{f': {words}' if words else ''}", by=by)
    return deed


def _order(case: Case) -> Order:
    if case.order is None:
        raise CaseRefused("the case has no order")
    return case.order


def _reachable(case: Case) -> bool:
    return case.connection is not None and case.connection.status == ConnectionStatus.REGISTERED


def _about_session(case: Case) -> bool:
    kinds = (CaseKind.START_WITHOUT_SESSION, CaseKind.SESSION_PENDING, CaseKind.SESSION_SILENT)
    return case.kind in kinds and _reachable(case)


def _pull_session(case: Case, by: User, reason: str) -> None:
    if case.session is not None:
        wake(ocpi_tasks.fetch_session, case.session.party_id, case.session.ocpi_id)
    else:
        wake(ocpi_tasks.pull_module, case.connection_id, "sessions")


def _runs(case: Case) -> bool:
    order = case.order
    return (
        order is not None
        and order.state == OrderState.CHARGING
        and order.session is not None
        and order.session.status in release.RUNNING
        and order.stop_requested_at is None
    )


def _stop(case: Case, by: User, reason: str) -> None:
    stopping.stop(_order(case))


def _cancellable(case: Case) -> bool:
    return case.order is not None and case.order.state in CANCELLABLE


def _cancel(case: Case, by: User, reason: str) -> None:
    stopping.cancel(_order(case), by=PROVIDER, reason=Reason(text=reason))


def _pull_cdrs(case: Case, by: User, reason: str) -> None:
    assert case.connection is not None  # _reachable
    want_full(case.connection, ("cdrs",))
    request_pull(case.connection)


def _pull_all(case: Case, by: User, reason: str) -> None:
    assert case.connection is not None  # _reachable
    request_pull(case.connection)


def _dead(case: Case) -> bool:
    return case.callback is not None and case.callback.state == CallbackState.DEAD


def _send_again(case: Case, by: User, reason: str) -> None:
    if case.callback is None or not callbacks.send_again(case.callback):
        raise CaseRefused("the message is on its way already")


def _audit(case: Case) -> CdrAudit | None:
    """The audit of the case's CDR; of an order, that of its held bill."""
    if case.cdr_id:
        return CdrAudit.objects.filter(cdr=case.cdr_id).first()
    held = case.order.bills.exclude(held="").first() if case.order else None
    return CdrAudit.objects.filter(cdr=held.cdr_id).first() if held and held.cdr_id else None


def _of_cdr(case: Case) -> bool:
    return case.kind == CaseKind.CDR_UNMATCHED and _audit(case) is not None


def _held(case: Case) -> bool:
    return case.order is not None and case.order.bills.exclude(held="").exists()


def _decide(act: Callable[..., object]) -> Callable[[Case, User, str], None]:
    def run(case: Case, by: User, reason: str) -> None:
        audit = _audit(case)
        if audit is None:
            raise CaseRefused("the CDR is not audited")
        act(audit, by=by, reason=reason)

    return run


ORDER, AUDIT = "charging_sessions.change_order", "charging_sessions.change_cdraudit"
DEEDS = (
    Deed(
        "pull_session", "Read the session at the operator", "sync", "The operator is asked for the session now.",
        ORDER, _about_session, _pull_session, "asked the operator for the session",
    ),
    Deed(
        "pull_cdrs", "Read all CDRs at the operator", "sync", "All CDRs of the operator are read again.",
        AUDIT, lambda case: case.kind == CaseKind.CDR_MISSING and _reachable(case), _pull_cdrs,
        "asked the operator for all its CDRs",
    ),
    Deed(
        "pull_all", "Ask the operator now", "sync", "Everything that is due is read at the operator.",
        "ocpi.change_connection", lambda case: case.kind == CaseKind.CPO_DOWN and _reachable(case), _pull_all,
        "asked the operator",
    ),
    Deed(
        "send_again", "Send the message again", "redo", "The app gets the message again, for an hour.",
        "beckn.change_callback", _dead, _send_again, "had the message sent again",
    ),
    Deed(
        "stop", "Stop the charge", "stop_circle", "STOP_SESSION is sent to the charge point.",
        ORDER, _runs, _stop, "asked the charge point to stop",
    ),
    Deed(
        "cancel", "Cancel the order", "cancel", "The driver is told that we cancelled, with the reason.",
        ORDER, _cancellable, _cancel, "cancelled the order", needs_reason=True,
    ),
    Deed(
        "release_bill", "Release the held bill", "receipt_long", "The bill counts and is told to the app.",
        AUDIT, _held, _decide(decisions.release), "released the held bill", needs_reason=True,
    ),
    Deed(
        "accept_cdr", "Accept the CDR", "check_circle", "Its amount is owed to the operator.",
        AUDIT, _of_cdr, _decide(decisions.accept), "accepted the CDR", needs_reason=True,
    ),
    Deed(
        "contest_cdr", "Contest the CDR", "gavel", "Its amount is refused until it is credited.",
        AUDIT, _of_cdr, _decide(decisions.contest), "contested the CDR", needs_reason=True,
    ),
)  # fmt: skip
