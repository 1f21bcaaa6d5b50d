"""An order from quote to bill."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions"
    label = "charging_sessions"
    verbose_name = "Orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the news from the CPOs, and to our own."""
        from sessions import checks, money_receivers, receivers  # noqa: F401
