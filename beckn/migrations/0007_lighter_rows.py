"""Rows of messages without what makes them slow to write: indexes for LIKE on random ids, and entries for what has no value."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

BY_TRANSACTION = {"request": "beckn_request_transaction_id_87375353", "callback": "beckn_callback_transaction_id_c6696333"}
OF_ORDER = {
    "request": "beckn_request_order_id_2307487e",
    "callback": "beckn_callback_order_id_f229b5fd",
    "transaction": "beckn_transaction_order_id_4603d0aa",
}
PROGRESS = "beckn_transaction_progress_due_at_e1950aa2"


def with_value(model: str, field: str, name: str) -> AddIndexConcurrently:
    condition = models.Q((f"{field}__isnull", False))
    return AddIndexConcurrently(model, models.Index(fields=[field], condition=condition, name=name))


def drop_index(name: str, model: str, column: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON beckn_{model} ({column})",
    )


def rename_index(old: str, new: str) -> migrations.RunSQL:
    return migrations.RunSQL(f"ALTER INDEX {old} RENAME TO {new}", f"ALTER INDEX {new} RENAME TO {old}")


def order() -> models.ForeignKey:
    return models.ForeignKey(
        blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
        to="charging_sessions.order",
    )  # fmt: skip


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("beckn", "0006_support_messages"), ("charging_sessions", "0007_second_person")]

    operations = [
        with_value("transaction", "order", "transaction_of_order"),
        with_value("transaction", "progress_due_at", "transaction_in_progress"),
        with_value("request", "order", "request_of_order"),
        with_value("callback", "order", "callback_of_order"),
        AddIndexConcurrently("callback", models.Index(
            fields=["sequence_key"], condition=models.Q(("state", "PENDING"), models.Q(("sequence_key", ""), _negated=True)),
            name="callback_in_sequence",
        )),
        RemoveIndexConcurrently("callback", "callback_sequence"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                *(drop_index(name, model, "order_id") for model, name in OF_ORDER.items()),
                drop_index(PROGRESS, "transaction", "progress_due_at"),
                *(
                    drop_index(f"{name}_like", model, "transaction_id varchar_pattern_ops")
                    for model, name in BY_TRANSACTION.items()
                ),
                *(rename_index(name, f"{model}_by_transaction") for model, name in BY_TRANSACTION.items()),
            ],
            state_operations=[
                *(migrations.AlterField(model, "order", order()) for model in OF_ORDER),
                migrations.AlterField("transaction", "progress_due_at", models.DateTimeField(blank=True, null=True)),
                *(
                    migrations.AlterField(model, "transaction_id", models.CharField(max_length=255))
                    for model in BY_TRANSACTION
                ),
                *(
                    migrations.AddIndex(model, models.Index(fields=["transaction_id"], name=f"{model}_by_transaction"))
                    for model in BY_TRANSACTION
                ),
            ],
        ),
    ]
