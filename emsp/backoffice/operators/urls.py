"""Addresses below /admin/operators/. Each is for staff, and each checks its own permissions."""

from django.contrib import admin
from django.urls import path

from emsp.backoffice.operators import overview, sites

app_name = "operators"

_staff = admin.site.admin_view
urlpatterns = [
    path("map/", _staff(sites.map_page), name="map"),
    path("map.json", _staff(sites.map_data), name="map-data"),
    path("sites/<int:pk>/", _staff(sites.site_page), name="site"),
    path("<int:pk>/", _staff(overview.operator_page), name="operator"),
    path("scorecards/<int:pk>/share/", _staff(overview.share), name="share"),
    path("scorecard-links/<int:pk>/revoke/", _staff(overview.revoke), name="revoke"),
]
