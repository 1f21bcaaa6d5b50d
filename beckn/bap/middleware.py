"""Response headers of the pages beside their Content-Security-Policy: the driver's place, and no shared caches."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class PageSecurityMiddleware:
    """Lets these pages alone ask for the driver's place, and keeps pages with a driver's data out of shared caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(self), microphone=(), payment=(), usb=()")
        response.setdefault("Cache-Control", "private, no-cache")
        return response
