"""A driver asks for help with an order, staff answers, and it goes back and forth until it is resolved."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beckn.models import SupportMessage, SupportRequest, Transaction
from beckn.services import support
from emsp.backoffice.cases import notices, watchdog
from emsp.backoffice.models import Case
from sessions.models import Order

pytestmark = pytest.mark.django_db
CALL_ME = {"callback_phone": "+910000000001"}


@pytest.fixture
def desk():
    client = Client()
    client.force_login(User.objects.create_superuser("dora", password="not-a-secret"))
    return client


@pytest.fixture
def ticket(driver, client):
    """Opens the page that on_support links to, or posts words to it."""
    driver.charge()

    def visit(words=None):
        driver.ask("support", {"support": {"ref_id": driver.order_id}})
        path = urlsplit(driver.last("on_support")["message"]["support"]["url"]).path
        return client.get(path) if words is None else client.post(path, {"words": words}, follow=True)

    return visit


def answered(desk, **form):
    page = reverse("admin:beckn_supportrequest_change", args=[SupportRequest.objects.get(resolved_at=None).pk])
    return desk.post(page, form, follow=True)


def standing(page):
    """The sentence that says how the ticket stands; empty without one."""
    _, _, rest = page.content.decode().partition("data-standing>")
    return rest.partition("<")[0]


class TestTheLink:
    def test_it_is_of_the_order_and_nothing_is_kept_before_words_come(self, ticket):
        page = ticket()

        assert page.status_code == 200 and standing(page) == ""
        assert (page["Cache-Control"], page["Referrer-Policy"]) == ("private, no-store", "same-origin")
        assert SupportRequest.objects.count() == 0

    def test_another_app_is_not_given_it(self, driver, settings):
        driver.charge()
        Order.objects.update(sold_through="other.example")
        driver.ask("support", {"support": {"ref_id": driver.order_id}}, transaction_id="another-conversation")

        assert driver.last("on_support")["message"]["support"]["url"] == settings.SUPPORT_URL

    def test_it_ends(self, ticket, client, settings):
        ticket()
        settings.SUPPORT_LINK_DAYS = -1
        late = client.get(urlsplit(support.page_url(Order.objects.get())).path)

        assert (late.status_code, late.content) == (410, b"this link has expired\n")

    @pytest.mark.parametrize("token", ["x", "x:y:z", "%00"])
    def test_another_is_none(self, client, token):
        assert client.get(f"/support/{token}").status_code == 404


class TestBackAndForth:
    def test_from_the_question_to_the_end(self, ticket, desk):
        page = ticket("The cable is <b>stuck</b>.")
        assert "The cable is &lt;b&gt;stuck&lt;/b&gt;." in page.content.decode()
        assert standing(page) == "We have your message; somebody is going to answer it here."

        answered(desk, answer="Please press the red button.")
        page = ticket()
        assert "Please press the red button." in page.content.decode()
        assert standing(page) == "We have answered."

        page = ticket("That did it.")
        assert standing(page) == "We have your message; somebody is going to answer it here."
        answered(desk, answer="Good to hear.", done="on")
        assert standing(ticket()) == "Resolved. If it is not, write again."

        told = list(SupportMessage.objects.values_list("by_staff", "by_name"))
        assert told == [(False, ""), (True, "dora"), (False, ""), (True, "dora")]
        assert SupportRequest.objects.count() == 1

    def test_who_writes_after_the_end_opens_a_new_request_on_the_same_page(self, ticket, desk):
        ticket("One")
        answered(desk, done="on")
        page = ticket("Two")

        assert [request.standing for request in SupportRequest.objects.order_by("pk")] == ["resolved", "waits for us"]
        assert "One" in page.content.decode() and "Two" in page.content.decode()

    def test_a_wish_to_be_called_is_one_request_however_often_it_is_sent(self, driver, ticket):
        ticket("Please call.")
        for _ in range(2):
            driver.ask("support", {"support": {"ref_id": driver.order_id, **CALL_ME}})

        (request,) = SupportRequest.objects.all()
        assert request.contact == CALL_ME

    @pytest.mark.parametrize(("words", "said"), [
        (" \0 ", "Please write what you need."), ("x" * 2001, "Please write at most 2000 characters."),
    ])  # fmt: skip
    def test_what_is_not_taken_is_said(self, ticket, words, said):
        page = ticket(words)

        assert page.status_code == 400 and said in page.content.decode()
        assert SupportRequest.objects.count() == SupportMessage.objects.count() == 0

    def test_ten_messages_wait_for_an_answer(self, ticket, desk):
        order = Order.objects.get()
        for number in range(10):
            support.write(order, str(number))

        assert ticket("11").status_code == 400
        answered(desk, answer="Here.")
        assert ticket("11").status_code == 200
        assert SupportMessage.objects.filter(by_staff=False).count() == 11


class TestStaff:
    def test_the_page_shows_what_was_written_and_who_answered(self, ticket, desk):
        ticket("The cable is stuck.")
        page = answered(desk, answer="Press it.")
        shown = desk.get(reverse("admin:beckn_supportrequest_change", args=[SupportRequest.objects.get().pk]))

        assert page.status_code == 200
        text = shown.content.decode()
        assert "The cable is stuck." in text and "<strong>dora</strong>" in text

    def test_neither_answer_nor_end_is_refused(self, ticket, desk):
        ticket("One")

        assert "Write an answer, or say that it is resolved." in answered(desk).content.decode()

    def test_a_second_person_who_is_late_is_told(self, ticket, desk):
        ticket("One")
        request = SupportRequest.objects.get()
        support.resolve(request)
        page = desk.post(reverse("admin:beckn_supportrequest_change", args=[request.pk]), {"answer": "Late"})

        assert "This request is resolved already." in page.content.decode()
        with pytest.raises(support.NotTaken):
            support.answer(request, "Later", by=User.objects.get())
        assert SupportMessage.objects.filter(by_staff=True).count() == 0

    def test_staff_are_told_by_a_case_that_ends_with_the_answer(
        self, ticket, desk, settings, django_capture_on_commit_callbacks
    ):
        settings.CASE_MAIL_TO = ["desk@example.com"]
        ticket("The cable is stuck.")
        assert watchdog.look() == (1, 0)
        notices.send_due()

        case = Case.objects.get()
        assert (case.kind, case.support_request, case.order) == (
            "DRIVER_WAITS", SupportRequest.objects.get(), Order.objects.get(),
        )  # fmt: skip
        assert mail.outbox[0].subject == f"[eMSP] case {case.pk} opened: a driver waits for an answer"
        assert "cable" not in mail.outbox[0].body
        link = reverse("admin:beckn_supportrequest_change", args=[case.support_request_id])
        assert link in desk.get(reverse("admin:backoffice_case_change", args=[case.pk])).content.decode()

        answered(desk, answer="Press it.")
        assert watchdog.look() == (0, 1)
        case.refresh_from_db()
        assert case.resolution == "by itself: the driver was answered, or the request resolved"
        ticket("It does not help.")
        assert watchdog.look() == (1, 0)

    def test_the_conversation_tells_who_wrote_and_not_what(self, ticket, desk, driver):
        ticket("The cable is stuck.")
        answered(desk, answer="Press it.")
        conversation = Transaction.objects.get(order=Order.objects.get())
        page = desk.get(reverse("admin:beckn_transaction_change", args=[conversation.pk])).content.decode()

        assert "writes to us" in page and "answers the driver" in page
        assert "cable" not in page and "Press it" not in page


def test_requests_are_forgotten_with_what_was_written(ticket):
    ticket("One")
    assert support.forget(timezone.now() - timedelta(days=1)) == 0

    assert support.forget(timezone.now() + timedelta(days=1)) == 1
    assert SupportMessage.objects.count() == 0
