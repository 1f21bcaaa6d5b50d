"""Settings of the reference BAP, the only reader of its environment; the eMSP's are not loaded."""

from pathlib import Path
from typing import Any

import environ

from emsp.core.csp import policy, tile_origin

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# Who we are on the network, and whom we talk to.
BAP_ID = env.str("BAP_ID", default="")
BAP_URI = env.str("BAP_URI", default="http://127.0.0.1:8001/beckn").rstrip("/")
BAP_UNIQUE_KEY_ID = env.str("BAP_UNIQUE_KEY_ID", default="")
BAP_SIGNING_PRIVATE_KEY = env.str("BAP_SIGNING_PRIVATE_KEY", default="")
BPP_ID = env.str("BPP_ID", default="")
BPP_URI = env.str("BPP_URI", default="").rstrip("/")
BPP_PUBLIC_KEY = env.str("BPP_PUBLIC_KEY", default="")
BPP_UNIQUE_KEY_ID = env.str("BPP_UNIQUE_KEY_ID", default="")
# Its other keys while it rotates, as KEYID=PUBLICKEY, comma separated.
BPP_OTHER_KEYS = dict(entry.partition("=")[::2] for entry in env.list("BPP_OTHER_KEYS", default=[]))
BECKN_DOMAIN = env.str("BAP_DOMAIN", default="ev-charging:beckn")
BECKN_VERSION = "1.1.0"
SEND_TIMEOUT_S = 10
CALLBACK_WAIT_S = env.int("BAP_CALLBACK_WAIT_S", default=15)

# How long what came to nothing is kept, and how long bookings and their drivers; `forget_old` deletes what is older.
KEEP_SEARCHES_DAYS = env.int("BAP_KEEP_SEARCHES_DAYS", default=14)
KEEP_ORDERS_DAYS = env.int("BAP_KEEP_ORDERS_DAYS", default=400)

# What the pages show.
BRAND = env.str("BAP_NAME", default="EV Charge")
TILE_URL = env.str("BAP_TILE_URL", default="https://tile.openstreetmap.org/{z}/{x}/{y}.png")
TILE_ATTRIBUTION = env.str("BAP_TILE_ATTRIBUTION", default="© OpenStreetMap contributors")

_address, _, _ = BAP_URI.rpartition("/beckn")
_secure = BAP_URI.startswith("https://")
ALLOWED_HOSTS = env.list("BAP_ALLOWED_HOSTS", default=["*"])
CSRF_TRUSTED_ORIGINS = env.list("BAP_CSRF_TRUSTED_ORIGINS", default=[_address] if _address else [])

INSTALLED_APPS = ["django.contrib.staticfiles", "beckn.bap.apps.BapConfig"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "beckn.bap.middleware.PageSecurityMiddleware",
]
ROOT_URLCONF = "beckn.bap.urls"
WSGI_APPLICATION = "beckn.bap.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "beckn.bap.context.site",
            ],
        },
    },
]

DATABASE_URL = env.str("BAP_DATABASE_URL", default="")
DATABASES: dict[str, dict[str, Any]] = {"default": {}}
if DATABASE_URL:
    DATABASES["default"] = env.db_url_config(DATABASE_URL)
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 0, "max_size": 12, "timeout": 20}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The cookie is all that identifies a driver. Cookies ignore ports, so the names differ from the eMSP's.
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "bap_driver"
SESSION_COOKIE_AGE = 365 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = _secure
CSRF_COOKIE_NAME = "bap_csrf"
CSRF_COOKIE_SECURE = _secure
CSRF_FAILURE_VIEW = "beckn.bap.views.failures.csrf"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("hi", "हिन्दी")]
LANGUAGE_COOKIE_NAME = "bap_language"
LANGUAGE_COOKIE_AGE = SESSION_COOKIE_AGE
LANGUAGE_COOKIE_SECURE = _secure
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Kolkata"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR.parent.parent / "emsp" / "static"]  # the map, shared with the back office
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 300

# A callback larger than this is refused before it is parsed.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# The proxy that ends TLS says so in X-Forwarded-Proto.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
SECURE_SSL_REDIRECT = _secure
SECURE_HSTS_SECONDS = 365 * 86_400 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _secure
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # the list of browsers' makers is for whoever owns the domain
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = policy(img_src=[tile_origin(TILE_URL)] if TILE_URL else [])

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "emsp.core.log.MaskedLines",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "django.server": {"level": "WARNING"}},
}
