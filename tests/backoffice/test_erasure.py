"""A driver is erased: what tells who it was goes, what the tax office wants stays, and nobody else loses anything."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from beckn.models import Callback, Rating, Request, SupportRequest, Transaction
from emsp.backoffice.erasure import service
from emsp.core.wire import encode
from ocpi.models import Authorization, Cdr, Token
from sessions.models import Bill, Invoice, Order, OrderEvent
from tests.backoffice.conftest import browser_of, person
from tests.core.test_secrets_scan import dump, found_in
from tests.flows import world

pytestmark = pytest.mark.django_db
PHONE = world.BILLING["phone"]
ASKED = {"callback_phone": "+919000000009"}


@pytest.fixture
def erasable(charged, driver):
    """The billed order with a comment, a support request and an authorization; every message was delivered."""
    order = Order.objects.get()
    driver.ask("support", {"support": {"ref_id": str(order.reference), **ASKED}})
    Rating.objects.create(order=order, category="Comment", rated_id="x", comment="it was Asha")
    Authorization.objects.create(token=order.token, reference="A-1", location_id="LOC-1", expires_at=timezone.now())
    return order


def other_driver(driver, monkeypatch):
    """Another driver of the same app at the same station, with an order that was billed too."""
    monkeypatch.setattr(world, "BILLING", {"name": "Other", "phone": "+910000000002"})
    driver.transaction_id = "another-conversation"
    Order.objects.filter(state="BILLED").update(session=None)
    driver.book()
    order = Order.objects.exclude(state="BILLED").get()
    Order.objects.filter(pk=order.pk).update(state="CANCELLED")
    return order


@pytest.mark.parametrize(
    "who",
    [lambda o: PHONE, lambda o: PHONE[1:], lambda o: o.token.uid.lower(), lambda o: str(o.reference).upper()],
    ids=["phone", "phone without plus", "token", "order"],
)
def test_it_is_found_and_shown_first(erasable, who, capsys):
    before = dump()
    call_command("erase_driver", who(erasable))

    assert capsys.readouterr().out.splitlines() == [
        "erase 1 conversations with contact data", f"erase {Request.objects.count()} requests",
        f"erase {Callback.objects.count()} callbacks", "erase 1 support requests", "erase 1 comments",
        "erase 1 orders joined to the driver", "erase 1 tokens that recognise the driver", "erase 1 authorizations",
        "keep 1 orders", "keep 1 sessions of operators", "keep 1 CDRs", "keep 1 bills", "keep 1 invoices",
        "Nothing was changed; --yes erases it.",
    ]  # fmt: skip
    assert dump() == before


def test_what_tells_who_it_was_goes_and_the_books_stay(erasable):
    invoice, uid = Invoice.objects.get(), erasable.token.uid
    call_command("erase_driver", PHONE, "--yes")

    conversation, order, token = Transaction.objects.get(), Order.objects.get(), Token.objects.get()
    assert (conversation.billing, conversation.customer, conversation.payments) == (None, None, None)
    assert (order.driver_hash, order.state, order.pk) == ("", "BILLED", erasable.pk)
    assert (token.driver_hash, token.valid, token.uid) == (None, False, uid)
    assert [set(request.body) for request in Request.objects.all()] == [{"context"}] * Request.objects.count()
    counts = [model.objects.count() for model in (Callback, SupportRequest, Authorization, Cdr, Bill)]
    assert counts == [0, 0, 0, 1, 1]
    assert Rating.objects.get().comment == ""
    again = Invoice.objects.get()
    assert (again.number, again.total, again.lines) == (invoice.number, invoice.total, invoice.lines)
    assert service.traces_of(PHONE).anything is False


def test_a_mail_address_is_found_where_it_is_what_a_driver_is_known_by(driver, monkeypatch):
    monkeypatch.setattr(world, "BILLING", {"name": "Asha", "email": "asha@drivers.example"})
    driver.book()

    assert service.traces_of("asha@drivers.example").orders == [Order.objects.get().pk]
    assert service.traces_of("Asha@Drivers.example").orders == [Order.objects.get().pk]


def test_a_message_that_comes_again_after_the_erasure_does_nothing(erasable, driver, bap):
    sent = Request.objects.get(action="confirm")
    raw = {"context": sent.body["context"], "message": sent.body["message"]}
    orders = Order.objects.count()
    call_command("erase_driver", PHONE, "--yes")

    answer = bap("confirm", raw=encode(raw))

    assert answer.json() == {"message": {"ack": {"status": "ACK"}}}
    assert (Order.objects.count(), Callback.objects.count()) == (orders, 0)
    assert Order.objects.get().driver_hash == "" and Request.objects.filter(action="confirm").count() == 1


def test_nothing_is_erased_while_something_is_not_over(driver, charged, monkeypatch):
    Order.objects.update(state="CHARGING")
    before = dump()
    with pytest.raises(CommandError, match="^nothing was erased, not over yet: order "):
        call_command("erase_driver", PHONE, "--yes")
    assert dump() == before

    Order.objects.update(state="BILLED")
    Callback.objects.filter(pk=Callback.objects.latest("pk").pk).update(state="PENDING")
    with pytest.raises(CommandError, match="^nothing was erased, 1 messages about it are still on their way"):
        call_command("erase_driver", PHONE, "--yes")
    assert Transaction.objects.get().billing


def test_another_driver_of_the_same_app_and_station_loses_nothing(erasable, driver, monkeypatch):
    other = other_driver(driver, monkeypatch)
    talk = Transaction.objects.get(transaction_id="another-conversation")
    requests = [request.body for request in Request.objects.filter(transaction_id=talk.transaction_id)]
    Callback.objects.filter(state="PENDING").update(state="DELIVERED")
    call_command("erase_driver", PHONE, "--yes")

    kept = Order.objects.get(pk=other.pk)
    assert kept.driver_hash == other.driver_hash != "" and kept.token.valid
    assert Transaction.objects.get(pk=talk.pk).billing == {"name": "Other", "phone": "+910000000002"}
    assert [request.body for request in Request.objects.filter(transaction_id=talk.transaction_id)] == requests
    assert Callback.objects.filter(transaction_id=talk.transaction_id).exists()


def test_the_contact_of_a_support_request_leads_to_no_orders(erasable):
    call_command("erase_driver", ASKED["callback_phone"], "--yes")

    assert SupportRequest.objects.count() == 0
    assert Order.objects.get().driver_hash != "" and Transaction.objects.get().billing


def test_the_words_of_a_cancellation_go(driver):
    driver.book()
    driver.confirm()
    driver.cancel(descriptor={"name": "Asha", "short_desc": "call Asha at 9000000001"})
    assert "Asha" in Order.objects.get().cancel_reason
    Callback.objects.filter(state="PENDING").update(state="DELIVERED")
    call_command("erase_driver", PHONE, "--yes")

    order = Order.objects.get()
    assert order.cancel_reason == ""
    assert OrderEvent.objects.get(order=order, to_state="CANCELLED").reason == "erased"
    assert found_in("".join(dump().values()), {"words": "9000000001", "name": "Asha"}) == set()


def test_a_stranger_is_told():
    with pytest.raises(CommandError, match="^nothing is kept of such a driver"):
        call_command("erase_driver", "+919999999999")


class TestInTheBackOffice:
    @pytest.fixture
    def url(self, erasable):
        return reverse("admin:beckn_transaction_erase", args=[Transaction.objects.get().pk])

    def test_it_is_shown_first_and_erased_by_post_and_stands_in_the_trail(self, url):
        browser = browser_of(person("ada", "admin"))
        asked = browser.get(url).content.decode()
        assert "Erase 1 support requests" in asked and "Keep 1 invoices" in asked
        assert Transaction.objects.get().billing and PHONE not in asked

        assert browser.post(url).status_code == 302

        assert Transaction.objects.get().billing is None
        entry = LogEntry.objects.get(change_message__startswith="Erased the driver: erase 1 conversations")
        assert entry.user.username == "ada" and PHONE not in entry.change_message

    def test_who_may_not_is_refused(self, url):
        for role in ("operator", "finance", "integrator", "auditor"):
            browser = browser_of(person(role, role))
            assert (browser.get(url).status_code, browser.post(url).status_code) == (403, 403)
            page = browser.get(reverse("admin:beckn_transaction_change", args=[Transaction.objects.get().pk]))
            assert "Erase the driver" not in page.content.decode()
        assert Transaction.objects.get().billing

    def test_what_is_not_over_is_said(self, url):
        Order.objects.update(state="CHARGING")
        answer = browser_of(person("ada", "admin")).post(url, follow=True)
        assert "Nothing was erased, not over yet: order" in answer.content.decode()
        assert Transaction.objects.get().billing
