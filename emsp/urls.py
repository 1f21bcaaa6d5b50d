"""All addresses of the eMSP."""

from django.contrib import admin
from django.urls import include, path

from beckn import pages, receipts
from emsp.backoffice.operators import sharing
from emsp.backoffice.roles import views as second_factor_views
from emsp.core import health
from sessions.payments import views as payment_views

urlpatterns = [
    path("beckn/", include("beckn.urls")),  # first: what partners ask most
    path("ocpi/emsp/", include("ocpi.urls")),
    path("admin/operators/", include("emsp.backoffice.operators.urls")),
    path("admin/message-bench/", include("emsp.developer.message_bench.urls")),
    path("admin/", (second_factor_views.urls() + admin.site.urls[0], "admin", "admin")),
    path("scorecards/<str:token>", sharing.scorecard, name="scorecard"),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("health/serving", health.serving),
    path("metrics", health.prometheus),
    path("track/<uuid:reference>", pages.track, name="track"),
    path("feedback/<uuid:reference>", pages.feedback, name="feedback"),
    path("receipts/<str:token>", receipts.receipt, name="receipt"),
    path("support", pages.support, name="support"),
    path("support/<str:token>", pages.ticket, name="ticket"),
    path("pay/<uuid:reference>", payment_views.pay, name="pay"),
    path("payments/notify", payment_views.notify, name="payment-notify"),
    path("", include("emsp.developer.urls")),
]
handler400 = "emsp.core.middleware.bad_request"
handler404 = "emsp.core.middleware.not_found"
handler500 = "emsp.core.middleware.server_error"
