"""How the back office looks: names, and the navigation in the order of a day's work."""

from typing import Any

from django.urls import reverse_lazy

# heading: [(title, symbol, admin page)]
PAGES = {
    "Orders": [
        ("Orders", "bolt", "charging_sessions_order"),
        ("Bills", "receipt_long", "charging_sessions_bill"),
        ("Support requests", "support_agent", "beckn_supportrequest"),
        ("Ratings", "star", "beckn_rating"),
    ],
    "Conversations": [
        ("Transactions", "forum", "beckn_transaction"),
        ("Requests", "call_received", "beckn_request"),
        ("Callbacks", "call_made", "beckn_callback"),
        ("Subscribers", "verified_user", "beckn_subscriber"),
    ],
    "Operators": [
        ("Connections", "hub", "ocpi_connection"),
        ("Commands", "settings_remote", "ocpi_command"),
        ("Sessions", "battery_charging_full", "ocpi_session"),
        ("CDRs", "description", "ocpi_cdr"),
        ("Parked objects", "inventory_2", "ocpi_parkedobject"),
        ("Tokens", "badge", "ocpi_token"),
    ],
    "Catalogue": [
        ("Offers", "storefront", "catalog_offer"),
        ("Locations", "location_on", "ocpi_location"),
        ("Connectors", "power", "ocpi_connector"),
        ("Tariffs", "payments", "ocpi_tariff"),
    ],
    "Staff": [
        ("Users", "person", "auth_user"),
        ("Roles", "groups", "auth_group"),
    ],
}


def _navigation() -> list[dict[str, Any]]:
    return [
        {
            "title": heading,
            "separator": True,
            "items": [
                {"title": title, "icon": symbol, "link": reverse_lazy(f"admin:{page}_changelist")}
                for title, symbol, page in pages
            ],
        }
        for heading, pages in PAGES.items()
    ]


UNFOLD = {
    "SITE_TITLE": "eMSP back office",
    "SITE_HEADER": "eMSP back office",
    "SITE_SYMBOL": "ev_station",
    "SHOW_HISTORY": True,
    "DASHBOARD_CALLBACK": "emsp.backoffice.dashboard.page.dashboard",
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": _navigation()},
}
