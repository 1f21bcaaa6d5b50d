"""The roles that come with the software, and what each may do."""

from collections.abc import Iterable

OPERATOR, PRICING, FINANCE = "operator", "pricing", "finance"
INTEGRATOR, AUDITOR, ADMIN = "integrator", "auditor", "admin"


def _grant(verbs: str, models: str) -> set[str]:
    """Permissions `app.verb_model` from words: verbs `view change`, models `app.model app.model`."""
    return {
        f"{app}.{verb}_{model}"
        for app, _, model in (name.partition(".") for name in models.split())
        for verb in verbs.split()
    }


_NETWORK = "ocpi.location ocpi.connector ocpi.tariff ocpi.session ocpi.sessionupdate ocpi.cdr ocpi.command " \
    "ocpi.connection ocpi.party ocpi.syncstate ocpi.parkedobject ocpi.parkedretry ocpi.evse ocpi.tariffversion " \
    "ocpi.contracttariff catalog.offer"
_ORDERS = "charging_sessions.order charging_sessions.orderevent charging_sessions.quote charging_sessions.bill"
_TALK = "beckn.transaction beckn.request beckn.callback beckn.rating beckn.supportrequest " \
    "beckn.supportmessage"
_AUDITS = "charging_sessions.cdraudit charging_sessions.cdrdecision charging_sessions.missingcdr " \
    "charging_sessions.auditpolicy"
_MONEY = "charging_sessions.payment charging_sessions.paymentnotice charging_sessions.refund " \
    "charging_sessions.invoice charging_sessions.invoiceseries charging_sessions.journalentry " \
    "charging_sessions.posting charging_sessions.statement charging_sessions.statementpayment " \
    "charging_sessions.paymentproof charging_sessions.paymentpolicy"
_BOOK = "catalog.pricebookversion catalog.pricerule catalog.historicalpricebookversion catalog.historicalpricerule"
_TOKENS = "ocpi.token ocpi.tokencopy ocpi.authorization"
_CASES = "backoffice.case backoffice.casenote"
_STAFF = "auth.user auth.group admin.logentry axes.accessattempt"

# The help desk: drivers' orders, charges, tokens; cases.
_OPERATOR = (
    _grant("view change", f"{_CASES} charging_sessions.order beckn.callback beckn.supportrequest")
    | _grant("view", f"{_NETWORK} {_ORDERS} {_TALK} {_TOKENS} charging_sessions.cdraudit charging_sessions.cdrdecision "
                     "charging_sessions.missingcdr charging_sessions.payment charging_sessions.paymentproof "
                     "charging_sessions.refund "
                     "charging_sessions.invoice")
    | _grant("add change", "ocpi.token")
)  # fmt: skip
# What drivers pay. Publishing is apart from drafting only where the settings ask for a second person.
_PRICING = (
    _grant("view add change delete", "catalog.pricebookversion catalog.pricerule ocpi.contracttariff")
    | {"catalog.publish_price_book"}
    | _grant("view", f"{_BOOK} {_NETWORK} charging_sessions.quote")
)
# Money: CDRs, bills, refunds, statements.
_FINANCE = (
    _grant("view change", f"{_CASES} charging_sessions.cdraudit charging_sessions.refund")
    | _grant("view add change", "charging_sessions.statement charging_sessions.auditpolicy "
                                "charging_sessions.paymentpolicy")
    | _grant("view add", "charging_sessions.statementpayment")
    | {"charging_sessions.delete_statement"}
    | _grant("view", f"{_ORDERS} {_AUDITS} {_MONEY} {_BOOK} ocpi.cdr ocpi.session ocpi.sessionupdate ocpi.tariff "
                     "ocpi.tariffversion ocpi.contracttariff ocpi.party ocpi.connection")
)  # fmt: skip
# Partners: operators and apps, and what goes wrong between us and them.
_INTEGRATOR = (
    _grant("view change", f"{_CASES} beckn.callback ocpi.connection ocpi.party ocpi.syncstate ocpi.parkedobject")
    | _grant("view add change delete", "beckn.subscriber")
    | _grant("view add", "developer.conformancerun")
    | _grant("view add change", "ocpi.token")
    | _grant("view", f"{_NETWORK} {_TOKENS} backoffice.scorecardlink beckn.transaction beckn.request backoffice.casenotice "
                     "charging_sessions.order charging_sessions.orderevent")
)  # fmt: skip
# Sees everything but drivers' contacts, changes nothing.
_AUDITOR = _grant(
    "view",
    f"{_NETWORK} {_ORDERS} {_AUDITS} {_MONEY} {_BOOK} {_TOKENS} {_CASES} {_STAFF} backoffice.casenotice "
    "backoffice.scorecardlink developer.conformancerun "
    "beckn.transaction beckn.request beckn.callback beckn.rating beckn.subscriber",
)

ROLES: dict[str, frozenset[str] | None] = {
    OPERATOR: frozenset(_OPERATOR),
    PRICING: frozenset(_PRICING),
    FINANCE: frozenset(_FINANCE),
    INTEGRATOR: frozenset(_INTEGRATOR),
    AUDITOR: frozenset(_AUDITOR),
    ADMIN: None,  # every permission there is
}


def permissions_of(role: str, existing: Iterable[str]) -> set[str]:
    """What the role is shipped with, as `app.codename`."""
    shipped = ROLES[role]
    return set(existing) if shipped is None else set(shipped)
