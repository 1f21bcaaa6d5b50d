"""The thresholds that hold for a CPO: its policy's, and the settings' where that is silent."""

from decimal import Decimal

from django.conf import settings

from ocpi.models import Party
from sessions.audit.case import Thresholds
from sessions.models import AuditPolicy


def thresholds_of(party: Party) -> Thresholds:
    """What may differ in the CDRs of this CPO."""
    values = {name: Decimal(value) for name, value in settings.CDR_AUDIT.items()}
    policy = AuditPolicy.objects.filter(party=party).first()
    if policy:
        own = {name: getattr(policy, name) for name in values}
        values |= {name: value for name, value in own.items() if value is not None}
    return Thresholds(**values)
