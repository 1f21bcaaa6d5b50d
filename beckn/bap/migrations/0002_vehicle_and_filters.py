"""The driver's car, and what a search asks of power, price and origin."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bap', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='driver',
            name='battery_kwh',
            field=models.DecimalField(blank=True, decimal_places=1, max_digits=5, null=True),
        ),
        migrations.AddField(
            model_name='driver',
            name='connector',
            field=models.CharField(blank=True, default='', max_length=40),
        ),
        migrations.AddField(
            model_name='search',
            name='green_only',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='search',
            name='max_price',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True),
        ),
        migrations.AddField(
            model_name='search',
            name='min_power_kw',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    ]
