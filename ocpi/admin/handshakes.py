"""Pages of the handshake: register, invite, rotate tokens, unregister; each step shown with what came of it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import action

from ocpi.admin.forms import InviteForm, RegisterForm
from ocpi.models import Connection, ConnectionStatus
from ocpi.services import registration
from ocpi.services.registration_steps import RegistrationFailed, Report, Step

Act = Callable[[Connection, Report], str]


class HandshakePages:
    """The part of the connections' admin that talks to the CPO's credentials module."""

    admin_site: Any
    model: Any
    has_change_permission: Callable[..., bool]

    def handshake_urls(self) -> list[URLPattern]:
        """Addresses of these pages."""
        view = self.admin_site.admin_view
        return [
            path("register/", view(self.register_view), name="ocpi_connection_register"),
            path("invite/", view(self.invite_view), name="ocpi_connection_invite"),
            path("<int:pk>/rotate/", view(self.rotate_view), name="ocpi_connection_rotate"),
            path("<int:pk>/unregister/", view(self.unregister_view), name="ocpi_connection_unregister"),
        ]

    @action(description="Register a CPO", icon="add_link", permissions=["change"])
    def register_cpo(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:ocpi_connection_register")

    @action(description="Invite a CPO", icon="mail", permissions=["change"])
    def invite_cpo(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:ocpi_connection_invite")

    @action(description="Register again", icon="restart_alt", permissions=["change"])
    def register_again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect(f"{reverse('admin:ocpi_connection_register')}?again={object_id}")

    @action(description="Rotate tokens", icon="key", permissions=["change"])
    def rotate_token(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:ocpi_connection_rotate", object_id)

    @action(description="Unregister", icon="link_off", permissions=["change"])
    def end_registration(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:ocpi_connection_unregister", object_id)

    def register_view(self, request: HttpRequest) -> HttpResponse:
        """The wizard: we start the handshake and show each step."""
        self._check(request)
        again = request.GET.get("again", "")
        known = Connection.objects.filter(pk=again).first() if again.isascii() and again.isdecimal() else None
        first = {"name": known.name, "versions_url": known.versions_url} if known else None
        form = RegisterForm(request.POST or None, initial=first)
        failure, connection = "", None
        steps: list[Step] = []
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                connection = registration.register(
                    given["name"], given["versions_url"], given["token_a"], report=steps.append
                )
            except RegistrationFailed as error:
                failure = str(error)
        return self._page(
            request, "register.html", f"Register {known} again" if known else "Register a CPO",
            form=form, steps=steps, failure=failure, connection=connection,
        )  # fmt: skip

    def invite_view(self, request: HttpRequest) -> HttpResponse:
        """Make a token A for a CPO that starts the handshake, and show it once."""
        self._check(request)
        form, token = InviteForm(request.POST or None), ""
        if request.method == "POST" and form.is_valid():
            token = registration.invite(form.cleaned_data["name"])
        address = f"{settings.OCPI_EMSP_URL}/versions"
        return self._page(
            request, "invite.html", "Invite a CPO", form=form, token=token, versions_url=address
        )

    def rotate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks, then changes both tokens and shows the steps."""
        return self._talk(
            request, pk, _rotate, title="Rotate tokens of {}", label="Change both tokens",
            asks="A new token goes to the CPO and it gives us a new one. Its old one works five minutes longer, "
            "so that nothing under way is lost.",
        )  # fmt: skip

    def unregister_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks, then ends the registration."""
        return self._talk(
            request, pk, _unregister, title="Unregister {}", label="End the registration",
            asks="The CPO is told and all tokens are void at once, also when it cannot be reached. Stations, "
            "orders and CDRs are kept; charges under way can no longer be stopped from here.",
        )  # fmt: skip

    def _talk(
        self, request: HttpRequest, pk: int, act: Act, *, title: str, label: str, asks: str
    ) -> HttpResponse:
        self._check(request)
        connection = get_object_or_404(Connection, pk=pk)
        steps: list[Step] = []
        done = failure = ""
        if connection.status != ConnectionStatus.REGISTERED:
            failure = "It is not registered now."
        elif request.method == "POST":
            try:
                done = act(connection, steps.append)
            except RegistrationFailed as error:
                failure = str(error)
        return self._page(
            request, "talk.html", title.format(connection), connection=connection, steps=steps,
            done=done, failure=failure, asks=asks, label=label,
        )  # fmt: skip

    def _check(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, template: str, title: str, **more: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.model._meta, **more}
        return TemplateResponse(request, f"admin/ocpi/{template}", context)


def _rotate(connection: Connection, report: Report) -> str:
    registration.rotate(connection, report=report)
    return "Both tokens were changed."


def _unregister(connection: Connection, report: Report) -> str:
    if registration.unregister(connection):
        return "Unregistered; the CPO took note. Stations and orders are kept."
    return "Unregistered on our side; the CPO could not be told: ask it to delete our registration."
