"""An order from quote to bill."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions"
    label = "charging_sessions"
    verbose_name = "Orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the news from the CPOs and to our own; tell the price book where past charges are found."""
        from catalog.services import simulation
        from sessions import checks, receivers  # noqa: F401
        from sessions.services.past_charges import past_charges

        simulation.register(past_charges)
