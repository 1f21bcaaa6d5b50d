from django.db import migrations


class Migration(migrations.Migration):
    """Before the first price book every price is the operator's."""

    dependencies = [("catalog", "0002_price_book")]

    operations = [
        migrations.RunSQL(
            "UPDATE catalog_offer SET cost_price = energy_price WHERE energy_price IS NOT NULL",
            migrations.RunSQL.noop,
        )
    ]
