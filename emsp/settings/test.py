"""Settings of the tests: keys of their own, tasks run in the test's process, sandbox on."""

import os

os.environ.setdefault("SECRET_KEY", "tests-only")
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLTEyMzQ=")
os.environ.setdefault("SANDBOX", "true")
os.environ.setdefault("BASE_URL", "http://testserver")
os.environ.setdefault("BECKN_SUBSCRIBER_ID", "bpp.tests.example")
os.environ.setdefault("BECKN_UNIQUE_KEY_ID", "bpp-key-1")
os.environ.setdefault("BECKN_SIGNING_PRIVATE_KEY", "dGVzdHMtb25seS1zZWVkLXRlc3RzLW9ubHktc2VlZCE=")
os.environ.setdefault("BECKN_ENCRYPTION_PRIVATE_KEY", "VBhf7kGtGnD3eBzyNEe1QvQqdyRvUiEiy22kh0tghs0=")
os.environ.setdefault("PAYMENT_SANDBOX_URL", "http://127.0.0.1:9")
os.environ.setdefault("PAYMENT_SANDBOX_KEY", "tests-only-key-of-the-sandbox-gateway")

from emsp.settings.backoffice import *  # noqa: E402, F403
from emsp.settings.base import *  # noqa: E402, F403
from emsp.settings.network import *  # noqa: E402, F403
from emsp.settings.security import *  # noqa: E402, F403
from emsp.settings.staff import *  # noqa: E402, F403

BECKN_RATE_PER_S = BECKN_BUSY_ABOVE_PER_S = BECKN_BUSY_ABOVE_S = OCPI_RATE_PER_S = OCPI_STRANGERS_PER_S = 0
CIRCUIT_OPENS_AFTER = 0
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"].get("OPTIONS", {}).pop("pool", None)  # noqa: F405
