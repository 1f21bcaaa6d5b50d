"""The Celery application. Workers and beat: `celery -A emsp worker|beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

from emsp.core import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emsp.settings.main")

broker.use()
app = Celery("emsp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def serve_metrics(**kwargs: Any) -> None:
    """A worker that is scraped by itself answers on METRICS_PORT."""
    from django.conf import settings

    from emsp.core import exchanges

    if settings.METRICS_PORT:
        exchanges.serve(settings.METRICS_PORT)
