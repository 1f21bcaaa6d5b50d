"""Where a request comes from, also behind proxies of ours; never what anybody may write into a header."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The address that the outermost of our LOGIN_PROXY_COUNT proxies saw; without proxies, the connection's.

    Each proxy appends to X-Forwarded-For whom it saw: what stands left of our own entries, the client made up.
    A list that is too short did not come through our proxies: then the connection's address counts.
    """
    connected = request.META.get("REMOTE_ADDR") or "0.0.0.0"
    if not settings.LOGIN_PROXY_COUNT:
        return connected
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if len(seen) < settings.LOGIN_PROXY_COUNT:
        return connected
    try:
        return str(ipaddress.ip_address(seen[-settings.LOGIN_PROXY_COUNT]))
    except ValueError:
        return connected
