"""What search tells of a station, as text."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import emsp.core.fields


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_lighter_offers"), ("ocpi", "0008_no_index_twice")]

    operations = [
        migrations.CreateModel(
            name="StationText",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("place", models.CharField(max_length=60)),
                ("point", emsp.core.fields.PointField()),
                (
                    "evse_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("text", models.TextField(blank=True, db_default="")),
                ("stamp", models.BigIntegerField(null=True)),
                ("version", models.PositiveIntegerField(db_default=0)),
                (
                    "location",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="texts",
                        to="ocpi.location",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="ocpi.party"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    django.contrib.postgres.indexes.SpGistIndex(fields=["point"], name="station_text_point"),
                    models.Index(fields=["stamp"], name="station_text_stamp"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("location", "place"), name="station_text_once")
                ],
            },
        ),
    ]
