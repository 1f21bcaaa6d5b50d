"""One row of every kind that the back office has a page for."""

from datetime import date
from decimal import Decimal

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from beckn.models import Rating, SupportRequest
from catalog.models import PriceBookVersion, PriceRule
from emsp.backoffice.models import Case, CaseNotice, ScorecardLink
from emsp.developer.models import ConformanceRun
from ocpi.models import Authorization, ParkedObject, Token, TokenCopy
from ocpi.services.tariffs import contract_row, keep_contract
from sessions.models import AuditPolicy, MissingCdr, Order, Payment, PaymentPolicy, Refund, Statement
from tests.flows.world import tariff


def one_of_each(driver, cpo):
    """Walk an order to its bill and add what no order leaves; gives a pk for each model of the admin."""
    session = driver.charge()
    cpo.session("COMPLETED", kwh=4.5)
    cpo.cdr(session)
    order, now, party = Order.objects.get(), timezone.now(), cpo.party
    token = Token.objects.get()
    TokenCopy.objects.create(token=token, connection=party.connection)
    Authorization.objects.create(token=token, reference="A-1", expires_at=now)
    ParkedObject.objects.create(connection=party.connection, module="cdrs", reason="x", raw={}, last_seen_at=now)
    draft = PriceBookVersion.objects.create(name="draft")
    PriceRule.objects.create(version=draft, name="rule", kind="PASS_THROUGH")
    AuditPolicy.objects.create(party=party)
    ConformanceRun.objects.create(kind="cpo", target="IN-CPO", state="DONE")
    MissingCdr.objects.create(order=order, asked_at=now)
    payment = Payment.objects.create(order=order, amount=Decimal("9.00"), currency="INR")
    Refund.objects.create(payment=payment, amount=Decimal("9.00"), reason="x", due_at=now)
    PaymentPolicy.objects.create(collected_by="BAP", type="PRE-ORDER")
    keep_contract(contract_row(party, "", tariff(), at=now))
    day = date(2026, 3, 31)
    Statement.objects.create(kind="CPO", party=party, period_from=day, period_to=day, currency="INR")
    Rating.objects.create(order=order, category="x", rated_id="x")
    SupportRequest.objects.create(order=order)
    ScorecardLink.objects.create(party=party, expires_at=now)
    case = Case.objects.create(kind="CPO_DOWN", subject="connection:0", summary="x")
    CaseNotice.objects.create(case=case, event="OPENED", channel="MAIL", body={}, due_at=now, expires_at=now)
    someone = User.objects.create_user("someone", is_staff=True)
    content_type = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(user=someone, content_type=content_type, object_id="1", object_repr="x", action_flag=2)
    AccessAttempt.objects.create(username="x", ip_address="192.0.2.1", user_agent="x", failures_since_start=1)
    pks = {model: model._default_manager.order_by("pk").values_list("pk", flat=True).first()
           for model in admin.site._registry}  # fmt: skip
    pks |= {User: someone.pk, PriceBookVersion: draft.pk}
    assert [model for model, pk in pks.items() if pk is None] == []
    return pks
