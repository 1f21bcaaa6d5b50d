"""TLS, cookies, and what browsers are told of our pages (docs/security.md)."""

from emsp.core.csp import policy
from emsp.settings.base import BASE_URL, env

HTTPS = BASE_URL.startswith("https://")

# The proxy that ends TLS says so in X-Forwarded-Proto; what it took in by http is sent to https.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", default=HTTPS)
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]  # asked from within, without the proxy
SECURE_HSTS_SECONDS = env.int("HSTS_S", default=365 * 86_400 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # the list of browsers' makers is for whoever owns the domain

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = policy()

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = env.int("STAFF_SESSION_H", default=12) * 3600

# Cells that a spreadsheet would calculate leave as text.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
