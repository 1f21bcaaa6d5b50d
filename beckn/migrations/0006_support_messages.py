"""What driver and staff write about a support request, and since when a driver waits."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import emsp.core.fields


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("beckn", "0005_own_keys_and_ciphertext"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="supportrequest",
            name="waiting_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        AddIndexConcurrently(
            model_name="supportrequest",
            index=models.Index(
                condition=models.Q(("waiting_since__isnull", False)),
                fields=["waiting_since"],
                name="support_waiting",
            ),
        ),
        migrations.CreateModel(
            name="SupportMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", emsp.core.fields.EncryptedTextField()),
                ("by_staff", models.BooleanField(default=False)),
                ("by_name", models.CharField(blank=True, help_text="stays when the account goes", max_length=150)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="beckn.supportrequest",
                    ),
                ),
            ],
            options={"ordering": ["id"]},
        ),
    ]
