"""What beat sends, some worker takes: a task that lost its name would be dropped in silence."""

import pytest
from django.conf import settings

from emsp.celery import app


@pytest.mark.parametrize("name", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_a_scheduled_task_is_registered(name: str) -> None:
    app.loader.import_default_modules()

    assert settings.CELERY_BEAT_SCHEDULE[name]["task"] in app.tasks


@pytest.mark.parametrize("pattern", sorted(settings.CELERY_TASK_ROUTES))
def test_a_route_names_a_task(pattern: str) -> None:
    app.loader.import_default_modules()

    assert [task for task in app.tasks if task.startswith(pattern.rstrip("*"))]
