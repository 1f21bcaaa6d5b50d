"""The staff's side of all apps: cases, roles, second factor."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BackofficeConfig(AppConfig):
    name = "emsp.backoffice"
    label = "backoffice"
    verbose_name = "Back office"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Check the settings; bring the shipped roles up to date after each migrate."""
        from emsp.backoffice import checks  # noqa: F401
        from emsp.backoffice.roles import receivers

        post_migrate.connect(receivers.on_migrated, sender=self, dispatch_uid="backoffice.roles")
