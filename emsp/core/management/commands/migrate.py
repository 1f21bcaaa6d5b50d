"""manage.py migrate, which does not wait for ever for a lock, because everybody else would wait behind it."""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    """As Django's, with a lock_timeout of MIGRATE_LOCK_TIMEOUT_S. One that gave up has changed nothing: run it again."""

    def handle(self, *args: Any, **options: Any) -> None:
        self._wait_at_most(options["database"], settings.MIGRATE_LOCK_TIMEOUT_S)
        super().handle(*args, **options)
        self._wait_at_most(options["database"], 0)

    def _wait_at_most(self, database: str, seconds: int) -> None:
        with connections[database].cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{seconds}s"])
