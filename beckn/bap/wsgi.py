"""WSGI entry point of the reference BAP, served by granian."""

import os

from django.core.wsgi import get_wsgi_application

# Not setdefault: the environment of a process beside the eMSP may name the eMSP's settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "beckn.bap.settings"

application = get_wsgi_application()
