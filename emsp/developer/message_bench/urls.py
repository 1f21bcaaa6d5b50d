"""Addresses below /admin/message-bench/. Each is for staff, and each checks its own permissions."""

from django.contrib import admin
from django.urls import path, re_path

from emsp.developer.message_bench import views

app_name = "message_bench"

_staff = admin.site.admin_view
urlpatterns = [
    path("", _staff(views.read_page), name="read"),
    path("sign/", _staff(views.sign_page), name="sign"),
    path("verify/", _staff(views.verify_page), name="verify"),
    path("callbacks/", _staff(views.feed_page), name="feed"),
    path("callbacks/rows/", _staff(views.feed_rows), name="feed-rows"),
    re_path(r"^(?P<kind>request|callback)/(?P<pk>[0-9]{1,18})/replay/$", _staff(views.replay_page), name="replay"),
]
