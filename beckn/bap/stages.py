"""Stages of a booking, from the price asked to the end."""

from django.db import models


class Stage(models.TextChoices):
    """How far a booking has come; what happens at the charger is in the order the provider sends."""

    QUOTING = "QUOTING", "price asked"
    QUOTED = "QUOTED", "price known"
    AGREED = "AGREED", "terms known"
    CONFIRMED = "CONFIRMED", "confirmed"
    COMPLETE = "COMPLETE", "billed"
    CANCELLED = "CANCELLED", "cancelled"


CONFIRMED_STAGES = (Stage.CONFIRMED, Stage.COMPLETE, Stage.CANCELLED)
