"""Django itself: applications, database, admin, templates, logs."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SANDBOX = env.bool("SANDBOX", default=False)
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
_HOSTS = ["*"] if SANDBOX else [urlsplit(BASE_URL).hostname or "", "127.0.0.1", "localhost"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=_HOSTS)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[BASE_URL])

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "import_export",
    "simple_history",
    "rest_framework",
    "django_otp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
    "emsp.core",
    "ocpi",
    "catalog",
    "sessions.apps.SessionsConfig",
    "beckn",
    "emsp.developer.apps.DeveloperConfig",
    "emsp.backoffice",  # last: its roles are made when the permissions of all others are there
]

MIDDLEWARE = [
    "emsp.core.middleware.ExchangeMiddleware",
    "emsp.core.middleware.PartnerEdgeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "emsp.core.csp.PagePolicyMiddleware",
    "emsp.core.csp.DevicesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "emsp.backoffice.roles.gate.SecondFactorMiddleware",
    "emsp.backoffice.roles.trail.StaffTrailMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "emsp.urls"
WSGI_APPLICATION = "emsp.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASE_URL = env.str("DATABASE_URL", default="")
# A streaming replica that search reads from while it is at most so many seconds behind (catalog.replica).
REPLICA_DATABASE_URL = env.str("REPLICA_DATABASE_URL", default="")
REPLICA_LAG_S = env.int("REPLICA_LAG_S", default=3)
# Both URLs lead to PgBouncer, which gives a connection for a transaction only.
DATABASE_POOLED = env.bool("DATABASE_POOLED", default=False)

# A machine that is gone says no goodbye: both ends of a connection find out within half a minute, so that its locks go.
_KEEP_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000,
               "connect_timeout": 5}  # fmt: skip
_SERVER_KEEP_ALIVE = (  # the last for an answer on its way, during which the others are not looked at
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=20000"
)

_PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan"  # what is prepared, for any values
# Executions after which psycopg prepares a statement: only those that ask for it (prepare=True), as our plans are few.
_NEVER_BY_ITSELF = 2**31


def _database(url: str, *, wait_s: int, **over: int) -> dict[str, Any]:
    """Django's settings for a database. wait_s: for a connection from the pool, at most; over: libpq's parameters."""
    made: dict[str, Any] = env.db_url_config(url, engine="emsp.core.postgresql")
    options = made.setdefault("OPTIONS", {})
    # The pool is shared by the threads of one process; a size below the number of threads only waits.
    options["pool"] = {"min_size": 0, "max_size": env.int("DATABASE_POOL_SIZE", default=24), "timeout": wait_s}
    for name, value in (_KEEP_ALIVE | over).items():
        options.setdefault(name, value)
    made["DISABLE_SERVER_SIDE_CURSORS"] = DATABASE_POOLED
    if not DATABASE_POOLED:
        options.setdefault("options", f"{_SERVER_KEEP_ALIVE} {_PLANNED_ONCE}")
        options.setdefault("prepare_threshold", _NEVER_BY_ITSELF)
    return made


DATABASES: dict[str, dict[str, Any]] = {"default": _database(DATABASE_URL, wait_s=20) if DATABASE_URL else {}}
if REPLICA_DATABASE_URL:
    DATABASES["replica"] = _database(REPLICA_DATABASE_URL, wait_s=2, connect_timeout=2, tcp_user_timeout=3_000)

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-gb"  # 24 hours, day before month
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "emsp" / "static"]  # the map, shared with the reference BAP
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

# Sheets in and out: what the rows themselves need. Without these, every member of staff could bring sheets in.
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
IMPORT_EXPORT_TMP_STORAGE_CLASS = "emsp.backoffice.sheets.SheetStorage"

# A body is refused before it is read when it is larger.
BODY_LIMIT_BYTES = 1_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000

# text: lines for a person; json: one object a line, with the ids of the conversation, for a log store. There, or where
# LOG_EXCHANGES says so, each message to and from a partner is a line.
LOG_FORMAT = env.str("LOG_FORMAT", default="text")  # text | json
LOG_EXCHANGES = env.bool("LOG_EXCHANGES", default=LOG_FORMAT == "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "emsp.core.log.MaskedLines",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {
            "()": "emsp.core.log.JsonLine",
            "fmt": "%(levelname)s %(name)s %(message)s",
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": True,
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT if LOG_FORMAT == "json" else "text"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "emsp.core.exchanges": {"level": "INFO" if LOG_EXCHANGES else "WARNING"},
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "WARNING"},
        "celery": {"level": env.str("CELERY_LOG_LEVEL", default="WARNING")},
        "kombu": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "py.warnings": {"level": "ERROR"},
    },
}

# Figures of exchanges with partners. The directory brings together the processes of one machine, so that any of them
# tells the figures of all; prometheus_client reads the name by itself, too. The port is that of a worker which is
# scraped by itself; 0: none.
PROMETHEUS_MULTIPROC_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", default="")
if not PROMETHEUS_MULTIPROC_DIR:
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)  # an empty one is the working directory to prometheus_client
METRICS_PORT = env.int("METRICS_PORT", default=0)

# A span for each exchange, to OpenTelemetry. Needs the extra `otel` (requirements/otel.txt).
OTEL_TRACES = env.bool("OTEL_TRACES", default=False)

# How long a migration waits for a lock before it gives up, so that requests do not queue up behind it; 0: for ever.
MIGRATE_LOCK_TIMEOUT_S = env.int("MIGRATE_LOCK_TIMEOUT_S", default=5)
