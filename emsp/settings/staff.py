"""Staff of the back office: login, second factor, lock-out, and what becomes a case that they are told of."""

from datetime import timedelta

from emsp.settings.base import SANDBOX, env

# Logins. A user name is locked for an address after so many wrong passwords in a row; kept in the database.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_FAILURES = env.int("LOGIN_FAILURES", default=5)
LOGIN_LOCKED_MIN = env.int("LOGIN_LOCKED_MIN", default=15)
LOGIN_PROXY_COUNT = env.int("LOGIN_PROXY_COUNT", default=0)
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = LOGIN_FAILURES
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_LOCKED_MIN)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "emsp.core.addresses.client_ip"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # the page is ours: emsp.backoffice.roles.admin
AXES_LOCKOUT_TEMPLATE = "backoffice/locked.html"
AXES_VERBOSE = False

# Days until a failed login is forgotten.
STAFF_KEEP_LOGINS_DAYS = env.int("STAFF_KEEP_LOGINS_DAYS", default=30)

# Roles that must have a second factor; `superuser` means superusers. Anybody may have one.
SECOND_FACTOR_ROLES = env.list(
    "SECOND_FACTOR_ROLES", default=[] if SANDBOX else ["superuser", "admin", "finance", "pricing"]
)

# Cases: after how many minutes what stands still becomes one, and who is told.
CASE_AFTER_MIN: dict[str, int] = {
    "START_WITHOUT_SESSION": env.int("CASE_START_WITHOUT_SESSION_MIN", default=5),
    "SESSION_PENDING": env.int("CASE_SESSION_PENDING_MIN", default=10),
    "SESSION_SILENT": env.int("CASE_SESSION_SILENT_MIN", default=30),
    "CPO_DOWN": env.int("CASE_CPO_DOWN_MIN", default=15),
    "RESERVATION_UNUSED": env.int("CASE_RESERVATION_UNUSED_MIN", default=15),
}
CASE_MAIL_TO = env.list("CASE_MAIL_TO", default=[])
CASE_WEBHOOK_URL = env.str("CASE_WEBHOOK_URL", default="")
CASE_WEBHOOK_KEY = env.str("CASE_WEBHOOK_KEY", default="")

# Mail: smtp://user:password@host:port, smtp+tls:// (STARTTLS), smtp+ssl://; consolemail:// prints.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="emsp@localhost")
