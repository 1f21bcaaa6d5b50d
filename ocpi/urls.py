"""Addresses below /ocpi/emsp/, each with and without a trailing slash, never redirected (ocpi.md 1.2).

Ids stand in a tail of their own (`path`), since they may contain `/`; the views take off a trailing slash.
"""

from django.urls import URLPattern, path, re_path
from django.views.decorators.common import no_append_slash
from rest_framework.views import APIView

from ocpi.receiver.cdrs import CdrsView, CdrView, OwnedCdrsView
from ocpi.receiver.commands import CommandResultView
from ocpi.receiver.credentials import CredentialsView, DetailsView, VersionsView
from ocpi.receiver.door import NowhereView
from ocpi.receiver.locations import LocationView
from ocpi.receiver.sessions import SessionView
from ocpi.receiver.tariffs import TariffView
from ocpi.sender.tokens import AuthorizeView, TokensView
from ocpi.versions import V2_2_1

V = V2_2_1.number
OWNER = "<str:country_code>/<str:party_id>"


def both(route: str, view: type[APIView]) -> list[URLPattern]:
    """A route with and without a slash at its end."""
    return [path(route, view.as_view()), path(f"{route}/", view.as_view())]


urlpatterns = [
    path(f"{V}/locations/{OWNER}/<path:tail>", LocationView.as_view()),  # first: what operators push most
    *both("versions", VersionsView),
    *both(V, DetailsView),
    *both(f"{V}/credentials", CredentialsView),
    path(f"{V}/tariffs/{OWNER}/<path:tail>", TariffView.as_view()),
    path(f"{V}/sessions/{OWNER}/<path:tail>", SessionView.as_view()),
    *both(f"{V}/cdrs", CdrsView),
    *both(f"{V}/cdrs/<str:public_id>", CdrView),
    *both(f"{V}/cdrs/{OWNER}", OwnedCdrsView),
    path(f"{V}/cdrs/{OWNER}/<path:tail>", OwnedCdrsView.as_view()),
    *both(f"{V}/tokens", TokensView),
    *both(f"{V}/tokens/<path:tail>/authorize", AuthorizeView),
    *both(f"{V}/commands/<str:command>/callback/<str:uid>", CommandResultView),
    re_path(r"", no_append_slash(NowhereView.as_view())),
]
