"""Addresses below /beckn/. Peers append the action to the URL they know, some with a slash behind it."""

from django.urls import re_path

from beckn.views import ON_SUBSCRIBE, answer_challenge, take

urlpatterns = [
    re_path(r"^on_subscribe/?$", answer_challenge, {"action": ON_SUBSCRIBE}, name="beckn-on-subscribe"),
    re_path(r"^(?P<action>[^/]{1,100})/?$", take, name="beckn-action"),
]
