"""The Django app of the integrators' door. It composes beckn and ocpi, and nothing imports it."""

from django.apps import AppConfig


class DeveloperConfig(AppConfig):
    name = "emsp.developer"
    label = "developer"
    verbose_name = "Integrators"
