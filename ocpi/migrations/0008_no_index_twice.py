"""No index on a foreign key that the unique one begins with: it makes each row slower to write, and nothing faster to find."""

import django.db.models.deletion
from django.db import migrations, models


def without_index(to: str, name: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name=name, to=f"ocpi.{to}"
    )


class Migration(migrations.Migration):
    dependencies = [("ocpi", "0007_connection_settings")]

    operations = [
        migrations.AlterField("location", "party", without_index("party", "locations")),
        migrations.AlterField("evse", "location", without_index("location", "evses")),
        migrations.AlterField("connector", "evse", without_index("evse", "connectors")),
    ]
