"""Cases of drivers who wait for an answer."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("backoffice", "0004_uploaded_sheets"), ("beckn", "0006_support_messages")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="support_request",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="beckn.supportrequest",
            ),
        ),
        AddIndexConcurrently(
            model_name="case", index=models.Index(fields=["support_request"], name="case_support_request")
        ),
        migrations.AlterField(
            model_name="case",
            name="kind",
            field=models.CharField(
                choices=[
                    ("START_WITHOUT_SESSION", "start accepted, no session"),
                    ("SESSION_PENDING", "session stays pending"),
                    ("SESSION_SILENT", "charging, no news"),
                    ("CDR_MISSING", "charge ended, no CDR"),
                    ("CDR_UNMATCHED", "CDR of no order"),
                    ("CALLBACK_DEAD", "message to the app given up"),
                    ("CPO_DOWN", "operator does not answer"),
                    ("DRIVER_WAITS", "a driver waits for an answer"),
                    ("RESERVATION_UNUSED", "reserved, driver did not come"),
                ],
                max_length=24,
            ),
        ),
    ]
