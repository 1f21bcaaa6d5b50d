"""Circuits tell whether only commands fail."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0001_circuits")]

    operations = [
        migrations.AddField(
            model_name="circuit",
            name="at_commands",
            field=models.BooleanField(default=False, db_default=False),
        ),
    ]
