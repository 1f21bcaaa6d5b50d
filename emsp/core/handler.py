"""Leads a request from the web server through MIDDLEWARE, a partner's without what Django does for pages around it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from emsp.core.middleware import PARTNERS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


class Handler(WSGIHandler):
    """Django's own. Around a partner's request it signals nothing: who listens there cares for lists of queries, caches and
    addresses of one request, which no door has, and for connections, which go back to the pool all the same.
    """

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Any:
        if environ.get("SCRIPT_NAME") or not environ.get("PATH_INFO", "").startswith(PARTNERS):
            return super().__call__(environ, start_response)
        set_script_prefix("/")
        response = self.get_response(self.request_class(environ))
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return _Answer(response)


class _Answer:
    """An answer on its way; when it has left, the web server closes it."""

    def __init__(self, response: HttpResponseBase) -> None:
        self._response: Any = response

    def __iter__(self) -> Iterator[bytes]:
        return cast(Iterator[bytes], iter(self._response))

    def close(self) -> None:
        for close in self._response._resource_closers:
            close()
        close_old_connections()
