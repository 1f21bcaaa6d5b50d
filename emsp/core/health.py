"""/health/live: the process answers. /health/serving: the database does too, which is enough to take requests in.
/health/ready: so do Redis and the broker. /metrics: Prometheus text.
"""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import OperationalError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from emsp.core import metrics


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as this process serves requests."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database is there and migrated, and Redis and the broker answer; else 503 with what is missing."""
    return _verdict(_database_problem(), _redis_problem(), _broker_problem())


@require_safe
def serving(request: HttpRequest) -> JsonResponse:
    """200 when the database is there and migrated: a balancer may send requests, which are kept until the broker is back."""
    return _verdict(_database_problem())


def _verdict(*found: str | None) -> JsonResponse:
    if problems := [problem for problem in found if problem]:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ok"})


@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """What is waiting and what was done, in Prometheus' text form."""
    return HttpResponse(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)


def _database_problem() -> str | None:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "database does not answer"
    return "database is not migrated" if pending else None


def _redis_problem() -> str | None:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as broker:
            broker.ping()
    except (redis.RedisError, OSError):
        return "Redis does not answer"
    return None


def _broker_problem() -> str | None:
    """Of a broker that is not Redis, which has been asked already."""
    if settings.CELERY_BROKER_URL.startswith("redis"):
        return None
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0)
    except (OperationalError, OSError):
        return "the broker does not answer"
    return None
