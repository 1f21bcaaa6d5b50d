"""Own keys that can be rotated; messages as sent, payments and comments become ciphertext. In chunks, and back again."""

from django.db import migrations, models

import emsp.core.fields
from emsp.core import crypto

CHUNK = 500


def _each(schema_editor, table, column, change):
    """Replace the column of every row that has one by change of it."""
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                f"select id, {column} from {table} where id > %s and {column} is not null order by id limit {CHUNK}", [last]
            )
            rows = cursor.fetchall()
            if not rows:
                return
            cursor.executemany(
                f"update {table} set {column} = %s where id = %s",
                [(change(value), pk) for pk, value in rows if value],
            )
            last = rows[-1][0]


def encrypt(apps, schema_editor):
    _each(schema_editor, "beckn_callback", "body", lambda value: crypto.encrypt_bytes(bytes(value)))
    _each(schema_editor, "beckn_transaction", "payments", crypto.encrypt)
    _each(schema_editor, "beckn_rating", "comment", crypto.encrypt)


def decrypt(apps, schema_editor):
    _each(schema_editor, "beckn_callback", "body", lambda value: crypto.decrypt_bytes(bytes(value)))
    _each(schema_editor, "beckn_transaction", "payments", crypto.decrypt)
    _each(schema_editor, "beckn_rating", "comment", crypto.decrypt)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('beckn', '0004_dashboard_figures'),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unique_key_id', models.CharField(max_length=255, unique=True)),
                ('signing_public_key', models.CharField(max_length=64)),
                ('encryption_public_key', models.CharField(max_length=64)),
                ('signing_private_key', emsp.core.fields.EncryptedTextField(blank=True)),
                ('encryption_private_key', emsp.core.fields.EncryptedTextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('signs_from', models.DateTimeField(blank=True, null=True)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={'ordering': ['id'], 'default_permissions': ()},
        ),
        migrations.AlterModelOptions(
            name='transaction',
            options={'permissions': [('erase_driver', 'Can erase what is kept of a driver')]},
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField('callback', 'body', emsp.core.fields.EncryptedBinaryField()),
                migrations.AlterField('transaction', 'payments', emsp.core.fields.EncryptedJSONField(blank=True, null=True)),
                migrations.AlterField('rating', 'comment', emsp.core.fields.EncryptedTextField(blank=True)),
            ],
            database_operations=[
                migrations.RunSQL(
                    "alter table beckn_transaction alter column payments type text using payments::text",
                    "alter table beckn_transaction alter column payments type jsonb using payments::jsonb",
                ),
                migrations.RunPython(encrypt, decrypt),
            ],
        ),
    ]
