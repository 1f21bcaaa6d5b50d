"""What CPOs tell us and what we ask of them, by OCPI."""

from django.apps import AppConfig


class OcpiConfig(AppConfig):
    name = "ocpi"
    verbose_name = "OCPI"
