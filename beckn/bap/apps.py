"""The app of the reference BAP; its label is `bap`."""

from django.apps import AppConfig


class BapConfig(AppConfig):
    name = "beckn.bap"
    label = "bap"
    verbose_name = "Reference BAP"

    def ready(self) -> None:
        """Register the checks of the settings."""
        from beckn.bap import checks  # noqa: F401
