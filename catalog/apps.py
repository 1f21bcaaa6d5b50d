"""What a driver can buy, and the price."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        """Listen to the news from the CPOs."""
        from catalog import receivers  # noqa: F401
