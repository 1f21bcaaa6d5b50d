"""StationText: what search tells of a station, written when that changes and read by every search."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import SpGistIndex
from django.db import models

from emsp.core.fields import PointField


class StationText(models.Model):
    """The listed offers of a location at one point, in the words of whoever answers searches.

    place: the point as text, because points cannot be unique. evse_ids: of the offers, ascending; the text names an EVSE by
    its place here, where its status belongs, which search reads from the EVSE. text: empty where there are so many offers
    that which of them are told depends on their status. stamp: by which wording and price book it was written
    (catalog.stations); null while it must be written, first or again. version: how often it had to be.
    """

    location = models.ForeignKey("ocpi.Location", on_delete=models.CASCADE, related_name="texts", db_index=False)
    party = models.ForeignKey("ocpi.Party", on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=60)
    point = PointField()
    evse_ids = ArrayField(models.BigIntegerField())
    text = models.TextField(blank=True, db_default="")
    stamp = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField(db_default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["location", "place"], name="station_text_once")]
        indexes = [
            SpGistIndex(fields=["point"], name="station_text_point"),
            models.Index(fields=["stamp"], name="station_text_stamp"),
        ]

    def __str__(self) -> str:
        return f"station {self.location_id} at {self.place}"

    @property
    def latitude(self) -> float:
        """Of the point, in degrees."""
        return float(self.point[0])

    @property
    def longitude(self) -> float:
        """Of the point, in degrees."""
        return float(self.point[1])
