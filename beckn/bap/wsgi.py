"""WSGI entry point of the reference BAP, served by granian."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from emsp.core.body_first import BodyFirst

# Requests at work at the same time; the pool of database connections is a little larger.
PLACES = 8

# Not setdefault: the environment of a process beside the eMSP may name the eMSP's settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "beckn.bap.settings"

application = BodyFirst(
    get_wsgi_application(), places=PLACES, limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE
)
