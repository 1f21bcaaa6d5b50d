"""Addresses of the integrators' door."""

from django.urls import path

from emsp.developer.conformance import views as conformance
from emsp.developer.guides import views as guides

urlpatterns = [
    path("docs/", guides.page, name="docs"),
    path("docs/<path:name>", guides.page, name="docs-page"),
    path("conformance/<str:token>/", conformance.report, name="conformance-report"),
]
