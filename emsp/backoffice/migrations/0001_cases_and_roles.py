
import django.db.models.deletion
import emsp.core.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('beckn', '0002_initial'),
        ('charging_sessions', '0004_cdr_audit'),
        ('ocpi', '0002_token_copies'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Authenticator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The human-readable name of this device.', max_length=64)),
                ('confirmed', models.BooleanField(default=True, help_text='Is this device ready for use?')),
                ('throttling_failure_timestamp', models.DateTimeField(blank=True, default=None, help_text='A timestamp of the last failed verification attempt. Null if last attempt succeeded.', null=True)),
                ('throttling_failure_count', models.PositiveIntegerField(default=0, help_text='Number of successive failed attempts.')),
                ('created_at', models.DateTimeField(auto_now_add=True, help_text='The date and time when this device was initially created in the system.', null=True)),
                ('last_used_at', models.DateTimeField(blank=True, help_text='The most recent date and time this device was used.', null=True)),
                ('key', emsp.core.fields.EncryptedTextField()),
                ('last_t', models.BigIntegerField(default=-1)),
                ('user', models.ForeignKey(help_text='The user that this device belongs to.', on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('START_WITHOUT_SESSION', 'start accepted, no session'), ('SESSION_PENDING', 'session stays pending'), ('SESSION_SILENT', 'charging, no news'), ('CDR_MISSING', 'charge ended, no CDR'), ('CDR_UNMATCHED', 'CDR of no order'), ('CALLBACK_DEAD', 'message to the app given up'), ('CPO_DOWN', 'operator does not answer'), ('RESERVATION_UNUSED', 'reserved, driver did not come')], max_length=24)),
                ('subject', models.CharField(editable=False, max_length=40)),
                ('state', models.CharField(choices=[('OPEN', 'open'), ('ASSIGNED', 'assigned'), ('RESOLVED', 'resolved')], default='OPEN', max_length=8)),
                ('summary', models.CharField(max_length=300)),
                ('tried', emsp.core.fields.ExactJSONField(default=list)),
                ('opened_at', models.DateTimeField(auto_now_add=True)),
                ('condition_over_at', models.DateTimeField(blank=True, null=True)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('resolution', models.CharField(blank=True, max_length=500)),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to=settings.AUTH_USER_MODEL)),
                ('callback', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='beckn.callback')),
                ('cdr', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='ocpi.cdr', verbose_name='CDR')),
                ('connection', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='ocpi.connection')),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to='charging_sessions.order')),
                ('resolved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('session', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='ocpi.session')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='CaseNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=2000)),
                ('by_name', models.CharField(blank=True, help_text='stays when the account goes', max_length=150)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='backoffice.case')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='CaseNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('event', models.CharField(choices=[('OPENED', 'opened'), ('RESOLVED', 'resolved')], max_length=8)),
                ('channel', models.CharField(choices=[('MAIL', 'mail'), ('WEBHOOK', 'webhook')], max_length=7)),
                ('body', emsp.core.fields.ExactJSONField()),
                ('state', models.CharField(choices=[('PENDING', 'to be sent'), ('SENT', 'sent'), ('DEAD', 'given up')], default='PENDING', max_length=7)),
                ('due_at', models.DateTimeField()),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(help_text='given up after this moment')),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='backoffice.case')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ShippedRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=30, unique=True)),
                ('granted', models.JSONField(default=list)),
                ('group', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='shipped_role', to='auth.group')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['state', '-opened_at'], name='case_by_state'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('condition_over_at', None)), fields=('kind', 'subject'), name='case_one_per_occurrence'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'RESOLVED'), ('condition_over_at', None), _connector='OR'), name='case_open_while_condition_lasts'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resolved_at__isnull', False), ('state', 'RESOLVED')), models.Q(models.Q(('state', 'RESOLVED'), _negated=True), ('resolved_at', None)), _connector='OR'), name='case_resolved_with_moment'),
        ),
        migrations.AddIndex(
            model_name='casenotice',
            index=models.Index(condition=models.Q(('state', 'PENDING')), fields=['due_at'], name='case_notice_due'),
        ),
        migrations.AddConstraint(
            model_name='casenotice',
            constraint=models.UniqueConstraint(fields=('case', 'event', 'channel'), name='case_notice_once'),
        ),
    ]
