
import django.db.models.deletion
import emsp.core.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ocpi', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='token',
            name='blocked_reason',
            field=models.CharField(blank=True, help_text='for staff; no operator hears it', max_length=200),
        ),
        migrations.AlterField(
            model_name='token',
            name='type',
            field=models.CharField(choices=[('RFID', 'RFID card or tag'), ('APP_USER', 'app user')], default='APP_USER', max_length=12),
        ),
        migrations.AlterField(
            model_name='token',
            name='whitelist',
            field=models.CharField(choices=[('ALWAYS', 'always, without asking us'), ('ALLOWED', 'allowed: the operator decides whether it asks'), ('ALLOWED_OFFLINE', 'only while we cannot be reached'), ('NEVER', 'never: the operator asks us each time')], default='NEVER', max_length=16),
        ),
        migrations.CreateModel(
            name='TokenCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('WAITING', 'to be pushed'), ('SAME', 'as ours'), ('DIFFERS', 'differs'), ('MISSING', 'not known there'), ('FAILED', 'push failed'), ('NOT_OFFERED', 'operator takes no pushes')], default='WAITING', max_length=11)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('check_at', models.DateTimeField(blank=True, null=True)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('pushed', emsp.core.fields.ExactJSONField(blank=True, null=True)),
                ('pushed_at', models.DateTimeField(blank=True, null=True)),
                ('seen', emsp.core.fields.ExactJSONField(blank=True, null=True)),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='token_copies', to='ocpi.connection')),
                ('token', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='copies', to='ocpi.token')),
            ],
            options={
                'verbose_name': 'token at an operator',
                'verbose_name_plural': 'tokens at operators',
                'ordering': ['token', 'connection'],
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='token_copy_due'), models.Index(condition=models.Q(('check_at__isnull', False)), fields=['check_at'], name='token_copy_check')],
                'constraints': [models.UniqueConstraint(fields=('token', 'connection'), name='token_copy_once')],
            },
        ),
    ]
