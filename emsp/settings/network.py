"""Who we are on both networks, how we talk to peers, and what runs in the background."""

from emsp.settings.base import BASE_URL, env

# Redis: counts of requests in a second, and Celery's broker unless that is elsewhere (amqp://). What must not be lost
# is in PostgreSQL.
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)

# Beckn
BECKN_SUBSCRIBER_ID = env.str("BECKN_SUBSCRIBER_ID", default="")
BECKN_UNIQUE_KEY_ID = env.str("BECKN_UNIQUE_KEY_ID", default="")
BECKN_SIGNING_PRIVATE_KEY = env.str("BECKN_SIGNING_PRIVATE_KEY", default="")
BECKN_ENCRYPTION_PRIVATE_KEY = env.str("BECKN_ENCRYPTION_PRIVATE_KEY", default="")
BECKN_REGISTRY_URL = env.str("BECKN_REGISTRY_URL", default="")
BECKN_REGISTRY_ENCRYPTION_PUBLIC_KEY = env.str("BECKN_REGISTRY_ENCRYPTION_PUBLIC_KEY", default="")
BECKN_REGISTRY_SIGNING_PUBLIC_KEY = env.str("BECKN_REGISTRY_SIGNING_PUBLIC_KEY", default="")
BECKN_SUBSCRIPTION_PENDING = env.bool("BECKN_SUBSCRIPTION_PENDING", default=False)
BECKN_DOMAINS = env.list("BECKN_DOMAINS", default=["ev-charging:beckn", "ev-charging:uei"])
BECKN_VERSIONS = env.list("BECKN_VERSIONS", default=["1.1.0", "1.1.1"])
BECKN_URI = f"{BASE_URL}/beckn"
BECKN_QUOTE_TTL_S = env.int("BECKN_QUOTE_TTL_S", default=900)
BECKN_RESERVE_ON = env.str("BECKN_RESERVE_ON", default="init")  # init | confirm | never
BECKN_START_ON = env.str("BECKN_START_ON", default="confirm")  # confirm | update
BECKN_ANSWER_WITHIN_S = env.int("BECKN_ANSWER_WITHIN_S", default=8)
BECKN_SEARCH_RADIUS_M = env.int("BECKN_SEARCH_RADIUS_M", default=10_000)
BECKN_MESSAGE_LIMIT_BYTES = env.int("BECKN_MESSAGE_LIMIT_BYTES", default=145_000)
BECKN_DEFAULT_ENERGY_KWH = env.str("BECKN_DEFAULT_ENERGY_KWH", default="5")
BECKN_PROGRESS_EVERY_S = env.int("BECKN_PROGRESS_EVERY_S", default=15)
BECKN_KEEP_SEARCHES_DAYS = env.int("BECKN_KEEP_SEARCHES_DAYS", default=14)
BECKN_KEEP_MESSAGES_DAYS = env.int("BECKN_KEEP_MESSAGES_DAYS", default=400)
BECKN_RATE_PER_S = env.int("BECKN_RATE_PER_S", default=500)  # requests of one app; 0: no limit
BECKN_BUSY_ABOVE_PER_S = env.int("BECKN_BUSY_ABOVE_PER_S", default=1000)  # of all apps; 0: never busy
BECKN_BUSY_ABOVE_S = env.int("BECKN_BUSY_ABOVE_S", default=10)  # how long the oldest request waits; 0: never busy

# Circuit breakers, one for each operator and app: failures in a row that open one (0: never), and its pauses.
CIRCUIT_OPENS_AFTER = env.int("CIRCUIT_OPENS_AFTER", default=5)
CIRCUIT_FIRST_PAUSE_S = env.int("CIRCUIT_FIRST_PAUSE_S", default=2)
CIRCUIT_LONGEST_PAUSE_S = env.int("CIRCUIT_LONGEST_PAUSE_S", default=30)

SUPPORT_PHONE = env.str("SUPPORT_PHONE", default="+911800000000")
SUPPORT_URL = env.str("SUPPORT_URL", default=f"{BASE_URL}/support")
SUPPORT_LINK_DAYS = env.int("SUPPORT_LINK_DAYS", default=7)
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="support@emsp.example")

# Orders
RESERVATION_S = env.int("RESERVATION_S", default=900)
CANCELLATION_FEE_PERCENT = env.str("CANCELLATION_FEE_PERCENT", default="30")

# Where a charge ends by itself: at the amount of money ordered, also with the energy ordered, or at neither.
STOP_AT_ORDERED = env.str("STOP_AT_ORDERED", default="amount")  # amount | always | never

# Who began may not be who finishes: publishing a price book, closing a statement, sending a refused refund again.
PRICE_BOOK_SECOND_PERSON = env.bool("PRICE_BOOK_SECOND_PERSON", default=False)
STATEMENT_SECOND_PERSON = env.bool("STATEMENT_SECOND_PERSON", default=False)
REFUND_SECOND_PERSON = env.bool("REFUND_SECOND_PERSON", default=False)

# Payments that we collect: the class of the gateway (docs/payments.md), the sandbox gateway, how long a
# confirmed order waits for its money, and how far ahead the guard of charges with a limit in money looks.
PAYMENT_SANDBOX_URL = env.str("PAYMENT_SANDBOX_URL", default="").rstrip("/")
PAYMENT_SANDBOX_KEY = env.str("PAYMENT_SANDBOX_KEY", default="")
_SANDBOX_GATEWAY = "sessions.payments.sandbox_gateway.SandboxGateway" if PAYMENT_SANDBOX_URL else ""
PAYMENT_GATEWAY = env.str("PAYMENT_GATEWAY", default=_SANDBOX_GATEWAY)
PAYMENT_WAIT_S = env.int("PAYMENT_WAIT_S", default=900)
PREPAID_STOP_AHEAD_S = env.int("PREPAID_STOP_AHEAD_S", default=60)

# The quote as the most that a bill may be for the energy quoted: always under a retail rule, since that price is ours; for
# a tariff passed through only where this says so, since the operator's times and fees are not known beforehand.
QUOTE_CAPS_BILL = env.bool("QUOTE_CAPS_BILL", default=False)

# CDRs: how much they may differ before they are contested; an AuditPolicy overrides it for one operator.
CDR_AUDIT: dict[str, str] = {
    "amount": env.str("CDR_AUDIT_AMOUNT", default="0.01"),
    "amount_percent": env.str("CDR_AUDIT_AMOUNT_PERCENT", default="0.1"),
    "energy_percent": env.str("CDR_AUDIT_ENERGY_PERCENT", default="2"),
    "power_percent": env.str("CDR_AUDIT_POWER_PERCENT", default="10"),
    "time_s": env.str("CDR_AUDIT_TIME_S", default="60"),
    "late_after_h": env.str("CDR_LATE_AFTER_H", default="72"),
    "missing_after_h": env.str("CDR_MISSING_AFTER_H", default="24"),
}
CDR_RAISE_AFTER_H = env.int("CDR_RAISE_AFTER_H", default=2)

# Invoices: who issues them, the numbers' form, and how long a link to a receipt works.
INVOICE_SELLER_NAME = env.str("INVOICE_SELLER_NAME", default=env.str("OCPI_BUSINESS_NAME", default="eMSP"))
INVOICE_SELLER_ADDRESS = env.str("INVOICE_SELLER_ADDRESS", default="")
INVOICE_SELLER_TAX_ID = env.str("INVOICE_SELLER_TAX_ID", default="")
INVOICE_GST_BY_STATE = env.bool("INVOICE_GST_BY_STATE", default=False)  # CGST and SGST, or IGST
INVOICE_PREFIX = env.str("INVOICE_PREFIX", default="INV")
CREDIT_NOTE_PREFIX = env.str("CREDIT_NOTE_PREFIX", default="CRN")
INVOICE_YEAR_STARTS_IN = env.int("INVOICE_YEAR_STARTS_IN", default=4)  # month, 1 to 12
INVOICE_TIME_ZONE = env.str("INVOICE_TIME_ZONE", default="Asia/Kolkata")
RECEIPT_URL_TTL_S = env.int("RECEIPT_URL_TTL_S", default=30 * 86_400)
PDF_FONT = env.str("PDF_FONT", default="")  # a TrueType file, for names outside Latin script

# Conformance: how long the link to a report works.
REPORT_URL_TTL_S = env.int("REPORT_URL_TTL_S", default=30 * 86_400)

# OCPI
OCPI_COUNTRY_CODE = env.str("OCPI_COUNTRY_CODE", default="IN")
OCPI_PARTY_ID = env.str("OCPI_PARTY_ID", default="EMS")
OCPI_BUSINESS_NAME = env.str("OCPI_BUSINESS_NAME", default="eMSP")
OCPI_BUSINESS_WEBSITE = env.str("OCPI_BUSINESS_WEBSITE", default=BASE_URL)
OCPI_EMSP_URL = f"{BASE_URL}/ocpi/emsp"
OCPI_CONNECT_TIMEOUT_S = 3
OCPI_READ_TIMEOUT_S = 10
OCPI_COMMAND_TIMEOUT_S = 30
OCPI_RATE_PER_S = env.int("OCPI_RATE_PER_S", default=500)  # requests of one operator platform; 0: no limit
OCPI_STRANGERS_PER_S = env.int("OCPI_STRANGERS_PER_S", default=20)  # of one address without a valid token; 0: no limit
OCPI_PULL_EVERY_S = env.int("OCPI_PULL_EVERY_S", default=300)
OCPI_FULL_PULL_EVERY_S = env.int("OCPI_FULL_PULL_EVERY_S", default=86_400)

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}

# Celery. Queues keep apart what may be slow (CPOs) from what must be quick (on_search).
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "beckn.tasks.forget_old": {"queue": "pulls"},
    "beckn.tasks.mend_station_texts": {"queue": "pulls"},
    "beckn.tasks.write_station_texts": {"queue": "pulls"},
    "emsp.backoffice.tasks.forget_old": {"queue": "pulls"},
    "beckn.tasks.*": {"queue": "beckn"},
    "ocpi.tasks.pull*": {"queue": "pulls"},
    "ocpi.tasks.probe*": {"queue": "pulls"},
    "ocpi.tasks.*": {"queue": "ocpi"},
    "emsp.developer.tasks.*": {"queue": "pulls"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # 100, Celery's own, end workers and beat after 47 minutes without it
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
    "max_retries": 0,  # an ACK does not wait for a broker that is away
    **(
        {"visibility_timeout": 600, "socket_timeout": 5, "socket_connect_timeout": 2, "retry_on_timeout": True}
        if CELERY_BROKER_URL.startswith("redis")
        else {"confirm_publish": True}
    ),
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE = {
    "sweep-beckn": {"task": "beckn.tasks.sweep", "schedule": 1.0, "options": {"expires": 5}},
    "forget-messages": {"task": "beckn.tasks.forget_old", "schedule": 3600.0, "options": {"expires": 3600}},
    "forget-people": {
        "task": "emsp.backoffice.tasks.forget_old",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "sweep-commands": {"task": "ocpi.tasks.sweep_commands", "schedule": 1.0, "options": {"expires": 5}},
    "sweep-orders": {"task": "sessions.tasks.sweep", "schedule": 5.0, "options": {"expires": 10}},
    "send-refunds": {"task": "sessions.tasks.send_refunds", "schedule": 10.0, "options": {"expires": 20}},
    "watch-cdrs": {"task": "sessions.tasks.watch_cdrs", "schedule": 300.0, "options": {"expires": 300}},
    "sweep-prices": {"task": "catalog.tasks.reprice_due", "schedule": 30.0, "options": {"expires": 30}},
    "sweep-mapping": {"task": "catalog.tasks.remap_offers", "schedule": 30.0, "options": {"expires": 30}},
    "write-station-texts": {"task": "beckn.tasks.write_station_texts", "schedule": 10.0, "options": {"expires": 10}},
    "mend-station-texts": {"task": "beckn.tasks.mend_station_texts", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-price-book": {
        "task": "catalog.tasks.publish_price_book",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "watch-cases": {
        "task": "emsp.backoffice.tasks.watch_cases",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "send-case-notices": {
        "task": "emsp.backoffice.tasks.send_notices",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "sweep-conformance": {"task": "emsp.developer.tasks.sweep", "schedule": 30.0, "options": {"expires": 30}},
    "push-tokens": {"task": "ocpi.tasks.push_tokens", "schedule": 10.0, "options": {"expires": 10}},
    "check-tokens": {"task": "ocpi.tasks.check_tokens", "schedule": 300.0, "options": {"expires": 300}},
    "count-figures": {
        "task": "emsp.backoffice.tasks.count_figures",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "probe-silent": {"task": "ocpi.tasks.probe_silent", "schedule": 2.0, "options": {"expires": 2}},
    "pull-due": {"task": "ocpi.tasks.pull_due", "schedule": 30.0, "options": {"expires": 30}},
}
