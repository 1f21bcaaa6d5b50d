"""Senders that let their body trickle in take no place away from those who are complete."""

import threading
from io import BytesIO

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

from emsp.core.body_first import BodyFirst

LIMIT = 10


class Trickle:
    """A body that is complete when `rest` is set."""

    def __init__(self):
        self.asked, self.rest = threading.Event(), threading.Event()

    def read(self, size):
        self.asked.set()
        assert self.rest.wait(10)
        return b"late"


def echo(environ, start_response):
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


def call(application, body, **environ):
    return b"".join(application({"wsgi.input": body} | environ, lambda status, headers: None))


def test_unfinished_bodies_hold_no_place():
    application = BodyFirst(echo, places=1, limit=LIMIT)
    slow, answers = [Trickle() for _ in range(3)], []
    threads = [
        threading.Thread(target=lambda body=body: answers.append(call(application, body, CONTENT_LENGTH="4")))
        for body in slow
    ]
    for thread in threads:
        thread.start()
    assert all(body.asked.wait(10) for body in slow)

    assert call(application, BytesIO(b"soon"), CONTENT_LENGTH="4") == b"soon"

    for body in slow:
        body.rest.set()
    for thread in threads:
        thread.join(10)
    assert answers == [b"late"] * 3


def test_no_more_than_the_places_are_at_work():
    inside, go, most = [], threading.Event(), []

    def work(environ, start_response):
        inside.append(1)
        most.append(len(inside))
        assert go.wait(10)
        inside.pop()
        return []

    application = BodyFirst(work, places=2, limit=LIMIT)
    threads = [threading.Thread(target=call, args=(application, BytesIO())) for _ in range(5)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(10)

    assert len(most) == 5
    assert max(most) <= 2


@pytest.mark.parametrize(("environ", "taken"), [
    ({"CONTENT_LENGTH": "10"}, b"0123456789"),
    ({"HTTP_TRANSFER_ENCODING": "Chunked"}, b"0123456789a"),
])  # fmt: skip
def test_the_body_is_taken_in_up_to_the_limit(environ, taken):
    seen = []
    application = BodyFirst(lambda environ, start: seen.append(environ["wsgi.input"]) or [], places=1, limit=LIMIT)

    call(application, BytesIO(b"0123456789abcdef"), **environ)

    assert seen[0].read() == taken


@pytest.mark.parametrize(("sent", "length"), [(b"", "0"), (b"012", "3"), (b"0123456789abcdef", "11")])
def test_a_body_in_chunks_has_a_length_once_it_is_taken_in(sent, length):
    seen = []
    application = BodyFirst(lambda environ, start: seen.append(environ) or [], places=1, limit=LIMIT)

    call(application, BytesIO(sent), HTTP_TRANSFER_ENCODING="chunked")

    assert (seen[0]["CONTENT_LENGTH"], "HTTP_TRANSFER_ENCODING" in seen[0]) == (length, False)


@pytest.mark.django_db
@pytest.mark.parametrize(("beyond", "status"), [(1, "413"), (0, "401")])
def test_a_partners_body_in_chunks_is_refused_beyond_the_limit(beyond, status):
    limit, answers = settings.BODY_LIMIT_BYTES, []
    environ = RequestFactory().generic("POST", "/beckn/search").environ | {"HTTP_TRANSFER_ENCODING": "chunked"}
    environ["wsgi.input"] = BytesIO(b"x" * (limit + beyond))

    application = BodyFirst(get_wsgi_application(), places=1, limit=limit)
    list(application(environ, lambda status, headers: answers.append(status[:3])))  # the words differ from Python to Python

    assert answers == [status]


@pytest.mark.parametrize("environ", [
    {}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "0"}, {"CONTENT_LENGTH": "11"}, {"CONTENT_LENGTH": "-1"},
    {"CONTENT_LENGTH": "²"},
])  # fmt: skip
def test_what_is_none_or_too_long_is_left_unread(environ):
    body, seen = BytesIO(b"0123456789a"), []
    application = BodyFirst(lambda environ, start: seen.append(environ["wsgi.input"]) or [], places=1, limit=LIMIT)

    call(application, body, **environ)

    assert seen == [body]
    assert body.tell() == 0
