"""WSGI entry point, served by granian."""

import os

import django
from django.conf import settings

from emsp.core.body_first import BodyFirst

# Two cores gain nothing from more, and each may hold a connection to the database.
PLACES = 8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emsp.settings.main")

django.setup(set_prefix=False)

from emsp.core.handler import Handler  # noqa: E402

application = BodyFirst(Handler(), places=PLACES, limit=settings.BODY_LIMIT_BYTES)
