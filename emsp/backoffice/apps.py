"""The back office's own pages."""

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "emsp.backoffice"
    label = "backoffice"
    verbose_name = "Back office"
    default_auto_field = "django.db.models.BigAutoField"
