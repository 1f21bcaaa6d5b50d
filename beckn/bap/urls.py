"""All addresses of the reference BAP."""

from django.urls import path, re_path
from django.views.i18n import set_language

from beckn.bap.views import (
    afterwards,
    booking,
    charging,
    developer,
    exchanges,
    network,
    searching,
    vehicle,
)

CALLBACK = r"^beckn/(?P<action>on_[a-z]+|cancellation_reasons|rating_categories)$"

urlpatterns = [
    path("", searching.home, name="home"),
    path("searches/<uuid:search_id>", searching.results, name="results"),
    path("searches/<uuid:search_id>/again", searching.look_again, name="look_again"),
    path("searches/<uuid:search_id>/stations/<str:key>", searching.station, name="station"),
    path("vehicle", vehicle.vehicle, name="vehicle"),
    path("language", set_language, name="language"),
    path("orders", charging.history, name="history"),
    path("orders/<uuid:order_id>", charging.order, name="order"),
    path("orders/<uuid:order_id>/quote", booking.quote, name="quote"),
    path("orders/<uuid:order_id>/energy", booking.energy, name="energy"),
    path("orders/<uuid:order_id>/terms", booking.terms, name="terms"),
    path("orders/<uuid:order_id>/live", charging.live, name="live"),
    path("orders/<uuid:order_id>/events", charging.events, name="events"),
    path("orders/<uuid:order_id>/refresh", charging.refresh, name="refresh"),
    path("orders/<uuid:order_id>/start", charging.start, name="start"),
    path("orders/<uuid:order_id>/stop", charging.stop, name="stop"),
    path("orders/<uuid:order_id>/cancel", charging.cancel, name="cancel"),
    path("orders/<uuid:order_id>/receipt", afterwards.receipt, name="receipt"),
    path("orders/<uuid:order_id>/rate", afterwards.rate, name="rate"),
    path("orders/<uuid:order_id>/support", afterwards.support, name="support"),
    path("exchanges/<uuid:request_id>", exchanges.state, name="exchange"),
    path("exchanges/<uuid:request_id>/again", exchanges.again, name="again"),
    path("messages", developer.messages, name="messages"),
    path("health", network.health, name="health"),
    re_path(CALLBACK, network.callback, name="callback"),
]
