"""The driver's price in words, and what an offer was mapped by. Workers map earlier rows anew, not this migration."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("catalog", "0005_opening_hours")]

    operations = [
        migrations.AddField(
            model_name="offer", name="price_words", field=models.TextField(blank=True, default="", db_default="")
        ),
        migrations.AddField(
            model_name="offer", name="price_words_odd", field=models.TextField(blank=True, default="", db_default="")
        ),
        migrations.AddField(
            model_name="offer",
            name="mapped_by",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        AddIndexConcurrently(
            model_name="offer", index=models.Index(fields=["mapped_by"], name="offer_mapped_by")
        ),
    ]
