"""What each news of a session said."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ocpi", "0005_ids_of_commands")]

    operations = [
        migrations.CreateModel(
            name="SessionUpdate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("status", models.CharField(max_length=16)),
                ("energy_kwh", models.DecimalField(decimal_places=4, max_digits=14)),
                ("cost", models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("last_updated", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="updates", to="ocpi.session"
                    ),
                ),
            ],
            options={"ordering": ["id"]},
        ),
    ]
