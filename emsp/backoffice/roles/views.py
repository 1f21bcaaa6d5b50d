"""Pages of the second factor: a code after the password, and enrolment with a QR code."""

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django_otp import login as otp_login

from emsp.backoffice.roles import second_factor
from emsp.backoffice.roles.second_factor import WrongCode


def urls() -> list[URLPattern]:
    """Below the admin's address, in its namespace."""
    return [
        path("second-factor/", code_view, name="second_factor"),
        path("second-factor/enrol/", enrol_view, name="second_factor_enrol"),
    ]


@never_cache
def code_view(request: HttpRequest) -> HttpResponse:
    """Ask for the code of a person who is logged in by password."""
    if not _staff(request):
        return redirect("admin:login")
    user: User = request.user  # type: ignore[assignment]
    if user.is_verified() or not second_factor.has_one(user):  # type: ignore[attr-defined]
        return redirect("admin:index")
    problem = ""
    if request.method == "POST":
        device = second_factor.check(user, request.POST.get("code", ""))
        if device is not None:
            return _in(request, device)
        problem = str(WrongCode())
    return _page(request, "backoffice/second_factor.html", "One more step", {"problem": problem})


@never_cache
def enrol_view(request: HttpRequest) -> HttpResponse:
    """Show the QR code, take its first code, show the recovery codes once.

    Who has a second factor already must have shown it: a password alone never replaces one.
    """
    if not _staff(request):
        return redirect("admin:login")
    user: User = request.user  # type: ignore[assignment]
    if second_factor.has_one(user) and not user.is_verified():  # type: ignore[attr-defined]
        return redirect("admin:second_factor")
    problem = ""
    if request.method == "POST":
        try:
            device, codes = second_factor.confirm(user, request.POST.get("code", ""))
        except WrongCode as wrong:
            problem = str(wrong)
        else:
            next_url = _remember(request, device)
            LogEntry.objects.log_actions(user.pk, [user], CHANGE, "Enrolled a second factor.", single_object=True)
            return _page(request, "backoffice/recovery_codes.html", "Recovery codes", {"codes": codes, "next": next_url})
    waiting = second_factor.begin(user)
    context = {
        "problem": problem,
        "qr_code": mark_safe(second_factor.qr_code(waiting)),  # noqa: S308 (our own picture)
        "key": waiting.key,
        "has_one": second_factor.has_one(user),
        "codes_left": second_factor.codes_left(user),
    }
    return _page(request, "backoffice/enrol.html", "Second factor", context)


def _staff(request: HttpRequest) -> bool:
    return bool(request.user.is_authenticated and request.user.is_active and request.user.is_staff)


def _in(request: HttpRequest, device: object) -> HttpResponse:
    return redirect(_remember(request, device))


def _remember(request: HttpRequest, device: object) -> str:
    """Mark the session as verified, under a new key; gives the page that was wanted, always one of ours."""
    wanted = str(request.session.pop("second_factor_next", "")) or reverse("admin:index")
    request.session.cycle_key()
    otp_login(request, device)
    return wanted


def _page(request: HttpRequest, template: str, title: str, context: dict[str, object]) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), "title": title, **context})
