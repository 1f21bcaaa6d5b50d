"""Addresses below /beckn/. Peers append the action to the URL they know, some with a slash behind it."""

from django.urls import re_path

from beckn.views import ActionView, OnSubscribeView

urlpatterns = [
    re_path(r"^on_subscribe/?$", OnSubscribeView.as_view(), name="beckn-on-subscribe"),
    re_path(r"^(?P<action>[^/]{1,100})/?$", ActionView.as_view(), name="beckn-action"),
]
