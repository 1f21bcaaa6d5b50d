"""/health/live: the process answers. /health/ready: database and broker answer too. /metrics: Prometheus text."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from emsp.core import metrics


def live(request: HttpRequest) -> JsonResponse:
    """200 as long as this process serves requests."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database is there and migrated and Redis answers; else 503 with what is missing."""
    problems = [problem for problem in (_database_problem(), _broker_problem()) if problem]
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ok"})


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


def _broker_problem() -> str | None:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as broker:
            broker.ping()
    except (redis.RedisError, OSError):
        return "Redis does not answer"
    return None
