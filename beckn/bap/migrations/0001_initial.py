"""Drivers, searches, orders and messages of the reference BAP."""
import beckn.bap.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Driver',
            fields=[
                ('name', beckn.bap.fields.EncryptedTextField(blank=True, default='')),
                ('phone', beckn.bap.fields.EncryptedTextField(blank=True, default='')),
                ('email', beckn.bap.fields.EncryptedTextField(blank=True, default='')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Search',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('transaction_id', models.CharField(db_index=True, default=uuid.uuid4, max_length=255)),
                ('label', models.CharField(max_length=100)),
                ('city_code', models.CharField(max_length=20)),
                ('latitude', models.DecimalField(decimal_places=6, max_digits=9)),
                ('longitude', models.DecimalField(decimal_places=6, max_digits=9)),
                ('radius_km', models.DecimalField(decimal_places=1, max_digits=5)),
                ('connector', models.CharField(blank=True, default='', max_length=40)),
                ('free_only', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('driver', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='searches', to='bap.driver')),
            ],
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('name', beckn.bap.fields.EncryptedTextField(blank=True, default='')),
                ('phone', beckn.bap.fields.EncryptedTextField(blank=True, default='')),
                ('email', beckn.bap.fields.EncryptedTextField(blank=True, default='')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('transaction_id', models.CharField(max_length=255, unique=True)),
                ('city_code', models.CharField(max_length=20)),
                ('provider_id', models.CharField(max_length=255)),
                ('item_id', models.CharField(max_length=255)),
                ('fulfillment_id', models.CharField(blank=True, default='', max_length=255)),
                ('energy_kwh', models.DecimalField(decimal_places=2, max_digits=7)),
                ('station', models.JSONField(default=dict)),
                ('stage', models.CharField(choices=[('QUOTING', 'price asked'), ('QUOTED', 'price known'), ('AGREED', 'terms known'), ('CONFIRMED', 'confirmed'), ('COMPLETE', 'billed'), ('CANCELLED', 'cancelled')], default='QUOTING', max_length=12)),
                ('bpp_order_id', models.CharField(blank=True, default='', max_length=255)),
                ('document', beckn.bap.fields.EncryptedTextField(blank=True, default='')),
                ('document_at', models.DateTimeField(blank=True, null=True)),
                ('agreed_total', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ('agreed_quote_id', models.CharField(blank=True, default='', max_length=255)),
                ('rating', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('driver', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='orders', to='bap.driver')),
                ('search', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='orders', to='bap.search')),
            ],
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('direction', models.CharField(choices=[('SENT', 'sent'), ('RECEIVED', 'received')], max_length=8)),
                ('action', models.CharField(max_length=40)),
                ('transaction_id', models.CharField(db_index=True, max_length=255)),
                ('message_id', models.CharField(db_index=True, max_length=255)),
                ('body', beckn.bap.fields.EncryptedTextField()),
                ('digest', models.CharField(max_length=88)),
                ('signature', models.TextField(blank=True, default='')),
                ('delivery', models.CharField(blank=True, choices=[('SENDING', 'on its way'), ('ACK', 'acknowledged'), ('NACK', 'refused'), ('FAILED', 'not delivered')], default='', max_length=8)),
                ('http_status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('reply', beckn.bap.fields.EncryptedTextField(blank=True, default='')),
                ('error_code', models.CharField(blank=True, default='', max_length=40)),
                ('error_message', models.TextField(blank=True, default='')),
                ('tried_at', models.DateTimeField(blank=True, help_text='when it was last put on its way', null=True)),
                ('acked_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('driver', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='bap.driver')),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='bap.order')),
                ('search', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='bap.search')),
            ],
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['driver', '-created_at'], name='bap_orders_of_driver'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('direction', 'message_id', 'action', 'digest'), name='bap_message_once'),
        ),
    ]
