"""Offers without what makes them slow to write: indexes for LIKE on random ids, foreign keys that the connector's imply."""

import django.db.models.deletion
from django.db import migrations, models

import catalog.models.offer

OFFER_LIKE = "catalog_offer_offer_id_63b67dd6_like"
FULFILLMENT_LIKE = "catalog_offer_fulfillment_id_3ec3d544_like"


def unchecked(model: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="offers", to=f"ocpi.{model}"
    )


def drop_index(name: str, column: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON catalog_offer ({column} varchar_pattern_ops)",
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("catalog", "0006_price_words"), ("ocpi", "0008_no_index_twice")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                drop_index(OFFER_LIKE, "offer_id"),
                drop_index(FULFILLMENT_LIKE, "fulfillment_id"),
                migrations.RunSQL(
                    "ALTER TABLE catalog_offer RENAME CONSTRAINT catalog_offer_offer_id_key TO offer_id_once",
                    "ALTER TABLE catalog_offer RENAME CONSTRAINT offer_id_once TO catalog_offer_offer_id_key",
                ),
                migrations.RunSQL(
                    "ALTER INDEX catalog_offer_fulfillment_id_3ec3d544 RENAME TO offer_fulfillment",
                    "ALTER INDEX offer_fulfillment RENAME TO catalog_offer_fulfillment_id_3ec3d544",
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    "offer", "offer_id", models.CharField(default=catalog.models.offer._offer_id, max_length=40)
                ),
                migrations.AlterField(
                    "offer", "fulfillment_id", models.CharField(default=catalog.models.offer._evse_id, max_length=40)
                ),
                migrations.AddConstraint(
                    "offer", models.UniqueConstraint(fields=("offer_id",), name="offer_id_once")
                ),
                migrations.AddIndex("offer", models.Index(fields=["fulfillment_id"], name="offer_fulfillment")),
            ],
        ),
        *(migrations.AlterField("offer", model.lower(), unchecked(model)) for model in ("Party", "Location", "Evse")),
    ]
