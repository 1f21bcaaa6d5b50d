"""Opening hours in the offer, so that search need not read the location."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_freeze_published_rules")]

    operations = [
        migrations.AddField(
            model_name="offer",
            name="opening_hours",
            field=models.TextField(blank=True, default="", help_text="Mo-Fr 09:00-18:00, or 24/7; empty: not told"),
        ),
    ]
