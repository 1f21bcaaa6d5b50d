"""Pages for what should not happen."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that is too old, or cookies that are off."""
    return render(request, "bap/csrf.html", status=403)
