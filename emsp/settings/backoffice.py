"""How the back office looks: names, and the navigation in the order of a day's work."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

from emsp.settings.base import env

# Tiles of the map of sites; empty: the map is drawn without.
MAP_TILE_URL = env.str("MAP_TILE_URL", default="https://tile.openstreetmap.org/{z}/{x}/{y}.png")
MAP_TILE_ATTRIBUTION = env.str("MAP_TILE_ATTRIBUTION", default="© OpenStreetMap contributors")

# heading: [(title, symbol, page)]; a page is a list of the admin, or an address of ours with its permission in NEEDS
NEEDS = {"operators:map": "ocpi.view_location", "message_bench:read": "beckn.change_subscriber"}
PAGES = {
    "Work": [
        ("Cases", "crisis_alert", "backoffice_case"),
        ("Notices", "notifications", "backoffice_casenotice"),
    ],
    "Orders": [
        ("Orders", "bolt", "charging_sessions_order"),
        ("Bills", "receipt_long", "charging_sessions_bill"),
        ("Support requests", "support_agent", "beckn_supportrequest"),
        ("Ratings", "star", "beckn_rating"),
    ],
    "CDR audit": [
        ("CDR audits", "fact_check", "charging_sessions_cdraudit"),
        ("Missing CDRs", "running_with_errors", "charging_sessions_missingcdr"),
        ("Audit policies", "rule", "charging_sessions_auditpolicy"),
    ],
    "Money": [
        ("Payments", "credit_card", "charging_sessions_payment"),
        ("Refunds", "currency_exchange", "charging_sessions_refund"),
        ("Payment policies", "policy", "charging_sessions_paymentpolicy"),
        ("Invoices", "request_quote", "charging_sessions_invoice"),
        ("Invoice series", "format_list_numbered", "charging_sessions_invoiceseries"),
        ("Statements", "account_balance", "charging_sessions_statement"),
        ("Journal entries", "menu_book", "charging_sessions_journalentry"),
    ],
    "Prices": [
        ("Price book", "sell", "catalog_pricebookversion"),
        ("Price rules", "percent", "catalog_pricerule"),
        ("Contract tariffs", "handshake", "ocpi_contracttariff"),
    ],
    "Conversations": [
        ("Transactions", "forum", "beckn_transaction"),
        ("Requests", "call_received", "beckn_request"),
        ("Callbacks", "call_made", "beckn_callback"),
        ("Subscribers", "verified_user", "beckn_subscriber"),
    ],
    "Operators": [
        ("Connections", "hub", "ocpi_connection"),
        ("Map", "map", "operators:map"),
        ("Commands", "settings_remote", "ocpi_command"),
        ("Sessions", "battery_charging_full", "ocpi_session"),
        ("CDRs", "description", "ocpi_cdr"),
        ("Parked objects", "inventory_2", "ocpi_parkedobject"),
        ("Tokens", "badge", "ocpi_token"),
        ("Authorizations", "how_to_reg", "ocpi_authorization"),
        ("Tokens at operators", "sync_alt", "ocpi_tokencopy"),
    ],
    "Catalogue": [
        ("Offers", "storefront", "catalog_offer"),
        ("Locations", "location_on", "ocpi_location"),
        ("Connectors", "power", "ocpi_connector"),
        ("Tariffs", "payments", "ocpi_tariff"),
    ],
    "Integrators": [
        ("Conformance", "fact_check", "developer_conformancerun"),
        ("Message bench", "troubleshoot", "message_bench:read"),
    ],
    "Staff": [
        ("Users", "person", "auth_user"),
        ("Roles", "groups", "auth_group"),
        ("Trail", "history", "admin_logentry"),
        ("Failed logins", "lock", "axes_accessattempt"),
    ],
}


def _may_view(page: str) -> Callable[[HttpRequest], bool]:
    """Whether a person may see a page: what is refused has no link."""
    label, _, model = page.rpartition("_")
    needed = NEEDS.get(page, f"{label}.view_{model}")
    return lambda request: request.user.has_perms([needed])


def _navigation() -> list[dict[str, Any]]:
    return [
        {
            "title": heading,
            "separator": True,
            "items": [
                {
                    "title": title,
                    "icon": symbol,
                    "link": reverse_lazy(page if ":" in page else f"admin:{page}_changelist"),
                    "permission": _may_view(page),
                }
                for title, symbol, page in pages
            ],
        }
        for heading, pages in PAGES.items()
    ]


UNFOLD = {
    "STYLES": [lambda request: static("operators/forms.css")],
    "SITE_TITLE": "eMSP back office",
    "SITE_HEADER": "eMSP back office",
    "SITE_SYMBOL": "ev_station",
    "SHOW_HISTORY": True,
    "DASHBOARD_CALLBACK": "emsp.backoffice.dashboard.page.dashboard",
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": _navigation()},
    "ACCOUNT": {
        "navigation": [
            {"title": "Second factor", "link": reverse_lazy("admin:second_factor_enrol")},
        ],
    },
}
