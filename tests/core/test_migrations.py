"""A migration runs while the version before it still serves: what would break or block that version is not written."""

from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models.signals import pre_migrate
from django_migration_linter import MigrationLinter

ROOT = Path(__file__).resolve().parents[2]
BASELINE = frozenset(
    tuple(line.split()) for line in (ROOT / "deploy/migrations.baseline").read_text().splitlines() if line[:1] != "#"
)


class Linter(MigrationLinter):
    """Collects what it has to say, and takes a warning (an index that locks its table) for an error."""

    def __init__(self):
        super().__init__(str(ROOT), no_cache=True, no_output=True, all_warnings_as_errors=True)
        self.told = []

    def print_errors(self, errors):
        self.told += [issue.code for issue in errors]


def ours():
    parts = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    labels = {config.label for config in apps.get_app_configs() if config.name.partition(".")[0] in parts}
    return sorted(key for key in MigrationLoader(None).graph.nodes if key[0] in labels)


def told_of(key):
    linter = Linter()
    linter.lint_migration(MigrationLoader(None).get_migration(*key))
    return linter.told


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", [key for key in ours() if key not in BASELINE], ids=".".join)
def test_the_version_before_can_go_on_beside_a_migration(key):
    assert told_of(key) == [], "see docs/operations.md, Migrations"


@pytest.mark.django_db(transaction=True)
def test_what_is_not_allowed_is_found():
    assert "CREATE_INDEX" in told_of(("ocpi", "0004_dashboard_figures"))


def test_the_baseline_names_migrations_that_are_there():
    assert BASELINE - set(ours()) == set()
    assert len(BASELINE) > 20


@pytest.mark.django_db(transaction=True)
def test_a_migration_waits_for_a_lock_for_a_while_only(settings):
    def lock_timeout():
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return cursor.fetchone()[0]

    waits = []
    settings.MIGRATE_LOCK_TIMEOUT_S = 7
    look = lambda **given: waits.append(lock_timeout())  # noqa: E731
    pre_migrate.connect(look)
    try:
        call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(look)

    assert set(waits) == {"7s"}
    assert lock_timeout() == "0"
