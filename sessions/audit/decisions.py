"""What staff decide about a CDR, with who, when and why."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from sessions.errors import DecisionRefused
from sessions.models import Bill, CdrAudit, CdrDecision, Decision
from sessions.services import billing

REASON_LENGTH = 500


@transaction.atomic
def accept(audit: CdrAudit, *, by: AbstractBaseUser, reason: str) -> CdrDecision:
    """The CPO is right: its amount is owed. A held bill is released, for the CDR can be true after all.

    The driver's bill stays our computation. Raises DecisionRefused without a reason, BillCredited when it was taken back.
    """
    made = _decide(audit, Decision.ACCEPTED, by=by, reason=reason)
    bill = _held_bill(audit)
    if bill:
        billing.release_held(bill)
    return made


@transaction.atomic
def contest(audit: CdrAudit, *, by: AbstractBaseUser, reason: str) -> CdrDecision:
    """The CPO is wrong: its statement tells the amount as disputed until it is credited. The bill is left as it is.

    Raises DecisionRefused without a reason.
    """
    return _decide(audit, Decision.CONTESTED, by=by, reason=reason)


@transaction.atomic
def release(audit: CdrAudit, *, by: AbstractBaseUser, reason: str) -> CdrDecision:
    """Let the driver's held bill count, without a word about what the CPO is owed.

    Raises DecisionRefused without a reason or without a held bill, BillCredited when the CDR was taken back.
    """
    bill = _held_bill(audit)
    if bill is None:
        raise DecisionRefused("there is no held bill to release")
    made = _decide(audit, Decision.RELEASED, by=by, reason=reason)
    billing.release_held(bill)
    return made


def _decide(audit: CdrAudit, decision: Decision, *, by: AbstractBaseUser, reason: str) -> CdrDecision:
    words = reason.strip()[:REASON_LENGTH]
    if not words:
        raise DecisionRefused("a decision needs a reason")
    locked = CdrAudit.objects.select_for_update(of=("self",)).get(pk=audit.pk)
    audit.decision = locked.decision = decision
    locked.save(update_fields=["decision"])
    return CdrDecision.objects.create(
        audit=locked, decision=decision, reason=words, by_id=by.pk, by_name=by.get_username()
    )


def _held_bill(audit: CdrAudit) -> Bill | None:
    return Bill.objects.filter(cdr=audit.cdr_id).exclude(held="").first()
