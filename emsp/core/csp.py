"""What our pages may load and run, as Content-Security-Policy: nothing but what comes from here."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

PAGES: dict[str, list[str]] = {
    "default-src": [SELF],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "form-action": [SELF],
}
# unfold's menus are Alpine components, which are compiled in the browser, and its widths stand in style attributes.
# Scripts within the page stay forbidden, also here.
BACK_OFFICE: dict[str, list[str]] = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
NO_DEVICES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class PagePolicyMiddleware(CSPMiddleware):
    """The policy of CONTENT_SECURITY_POLICY; below the admin's address with what the back office needs."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(reverse("admin:index")):
            tiles = [origin for origin in [tile_origin(settings.MAP_TILE_URL)] if origin]
            parts.replace = BACK_OFFICE | {"img-src": [*PAGES["img-src"], *tiles]} | (parts.replace or {})
        return parts


class DevicesMiddleware:
    """Permissions-Policy: no page of ours asks for a device."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = NO_DEVICES
        return response


def policy(**more: list[str]) -> dict[str, Any]:
    """CONTENT_SECURITY_POLICY of django-csp: PAGES, with more sources by directive, as img_src=[…]."""
    named = {name.replace("_", "-"): sources for name, sources in more.items()}
    added = {name: [*PAGES.get(name, []), *sources] for name, sources in named.items()}
    return {"DIRECTIVES": PAGES | added}


def tile_origin(tile_url: str) -> str:
    """The origin of a tile address as CSP names it: `{s}` in the host stands for any subdomain."""
    parts = urlsplit(tile_url)
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}" if parts.netloc else ""
