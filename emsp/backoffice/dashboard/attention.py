"""What needs a person now."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Model, QuerySet
from django.urls import reverse

from beckn.models import Callback, CallbackState, SupportRequest
from emsp.backoffice.models import Case, CaseState
from ocpi.models import ParkedObject
from sessions.models import Bill, CdrAudit, MissingCdr, Refund, RefundState, Verdict

MOST = 1_000  # counted no further


@dataclass(frozen=True)
class Matter:
    """A list of rows that wait for staff. rows: the query; filters: of the admin's list, as its address has them.

    what: its name, in the plural. then: what to do about them.
    """

    what: str
    then: str
    rows: Callable[[], QuerySet[Model]]
    filters: str

    @property
    def permission(self) -> str:
        """Who may see the list."""
        meta = self.rows().model._meta
        return f"{meta.app_label}.view_{meta.model_name}"

    @property
    def url(self) -> str:
        """The list."""
        meta = self.rows().model._meta
        return f"{reverse(f'admin:{meta.app_label}_{meta.model_name}_changelist')}?{self.filters}"

    def count(self) -> int:
        """How many there are, at most MOST + 1."""
        return self.rows().order_by().values("pk")[: MOST + 1].count()


MATTERS: list[Matter] = [
    Matter(
        "Open cases", "Take one; it says what was tried, and what can be done.",
        lambda: Case.objects.exclude(state=CaseState.RESOLVED), "done=no",
    ),
    Matter(
        "Held bills", "Look at the audit of their CDR, then release the bill or contest the CDR.",
        lambda: Bill.objects.exclude(held=""), "held__isempty=0",
    ),
    Matter(
        "CDRs to contest, undecided", "Accept or contest them, with a reason.",
        lambda: CdrAudit.objects.filter(verdict=Verdict.CONTEST, decision=""),
        "verdict__exact=CONTEST&decision__exact=",
    ),
    Matter(
        "Missing CDRs", "Ask the operator: a complete read did not bring them.",
        lambda: MissingCdr.objects.filter(raised_at__isnull=False, settled_at=None),
        "raised_at__isempty=0&settled_at__isempty=1",
    ),
    Matter(
        "Callbacks given up", "See why on the conversation's page, and send them again.",
        lambda: Callback.objects.filter(state=CallbackState.DEAD), "state__exact=DEAD",
    ),
    Matter(
        "Parked objects of operators", "The reason names the member that is wrong; tell the operator.",
        lambda: ParkedObject.objects.filter(resolved_at=None), "resolved_at__isempty=1",
    ),
    Matter(
        "Refused refunds", "Give the money back by hand; the gateway will not.",
        lambda: Refund.objects.filter(state=RefundState.REFUSED), "state__exact=REFUSED",
    ),
    Matter(
        "Drivers who want to hear from us", "Call, or write an answer there; then mark the request as resolved.",
        lambda: SupportRequest.objects.filter(resolved_at=None), "resolved_at__isempty=1",
    ),
]  # fmt: skip


@dataclass(frozen=True)
class Waiting:
    """A matter with its number; more: there are more than this."""

    what: str
    then: str
    url: str
    count: int
    more: bool


def waiting(may: Callable[[str], bool]) -> list[Waiting]:
    """The matters that have rows and whose lists one may see. may: tells if one has a permission."""
    found = []
    for matter in MATTERS:
        count = matter.count() if may(matter.permission) else 0
        if count:
            shown = min(count, MOST)
            found.append(Waiting(matter.what, matter.then, matter.url, shown, count > MOST))
    return found
