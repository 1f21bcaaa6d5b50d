"""WSGI entry point, served by granian."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from emsp.core.body_first import BodyFirst

# Two cores gain nothing from more, and each may hold a connection to the database.
PLACES = 8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emsp.settings.main")

application = BodyFirst(get_wsgi_application(), places=PLACES, limit=settings.BODY_LIMIT_BYTES)
