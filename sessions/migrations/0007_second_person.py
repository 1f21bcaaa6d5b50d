"""Who built a statement, and who asked first to send a refund again."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A closed statement stays as it is; only accounts of staff that are deleted leave it.
GUARD = """
CREATE OR REPLACE FUNCTION ledger_keep_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL AND (TG_OP = 'DELETE' OR
        (to_jsonb(NEW) - ARRAY[{names}]) <> (to_jsonb(OLD) - ARRAY[{names}])) THEN
        RAISE EXCEPTION 'ledger: the statement is closed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
BEFORE, AFTER = GUARD.format(names="'closed_by_id'"), GUARD.format(names="'closed_by_id', 'built_by_id'")


class Migration(migrations.Migration):

    dependencies = [
        ('charging_sessions', '0006_dashboard_figures'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='refund',
            name='again_by',
            field=models.ForeignKey(blank=True, help_text='who asked to send it again, while a second person is waited for', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='statement',
            name='built_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunSQL(AFTER, BEFORE),
    ]
