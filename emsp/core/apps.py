"""The shared ground of all apps: wire base, outgoing HTTP, errors, encrypted fields, logs, health."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "emsp.core"
    label = "core"

    def ready(self) -> None:
        """Make our Celery application the current one, and register the system checks."""
        import emsp.celery  # noqa: F401
        from emsp.core import checks  # noqa: F401
