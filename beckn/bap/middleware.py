"""Response headers of the pages: scripts, styles and requests from here only, pictures also from the map."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class PageSecurityMiddleware:
    """Sets Content-Security-Policy, and keeps pages with a driver's data out of shared caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = (
            "default-src 'self'; "
            f"img-src 'self' data: {tile_origin(settings.TILE_URL)}; "
            "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", self.policy)
        response.setdefault("Permissions-Policy", "geolocation=(self)")
        response.setdefault("Cache-Control", "private, no-cache")
        return response


def tile_origin(tile_url: str) -> str:
    """The origin of a tile address as CSP names it: `{s}` in the host stands for any subdomain."""
    parts = urlsplit(tile_url)
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}" if parts.netloc else ""
