"""Requests from apps (BAPs) and our on_* messages, by Beckn."""

from django.apps import AppConfig


class BecknConfig(AppConfig):
    name = "beckn"
    verbose_name = "Beckn"

    def ready(self) -> None:
        """Listen to the news of orders."""
        from beckn import receivers  # noqa: F401
