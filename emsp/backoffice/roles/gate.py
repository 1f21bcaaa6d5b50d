"""Between the password and the back office: who has a second factor shows it, who needs one gets it first."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from emsp.backoffice.roles import second_factor

OPEN = ("login", "logout", "jsi18n", "second_factor", "second_factor_enrol")


class SecondFactorMiddleware:
    """Every page below the admin's; a password alone opens none of them where a second factor stands or is required."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        home = reverse("admin:index")
        if not request.path.startswith(home) or request.path in {reverse(f"admin:{name}") for name in OPEN}:
            return self.get_response(request)
        user = request.user
        if not user.is_authenticated or user.is_verified():  # type: ignore[attr-defined]
            return self.get_response(request)
        if second_factor.has_one(user):
            return _to("second_factor", request)
        if second_factor.required_of(user):
            return _to("second_factor_enrol", request)
        return self.get_response(request)


def _to(name: str, request: HttpRequest) -> HttpResponse:
    if request.method != "GET":
        return redirect(f"admin:{name}")
    response = redirect(f"admin:{name}")
    request.session["second_factor_next"] = request.get_full_path()
    return response
