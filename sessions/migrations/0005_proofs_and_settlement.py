import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def keep_proofs(apps, schema_editor):
    """A row for each payment that an order's terms name; who named one first keeps it. The first has the amount."""
    terms_of = apps.get_model("charging_sessions", "PaymentTerms")
    proof_of = apps.get_model("charging_sessions", "PaymentProof")
    rows = terms_of.objects.exclude(proof_reference="").select_related("order").order_by("pk")
    for terms in rows.iterator():
        amount = terms.proof_amount or 0
        for reference in dict.fromkeys(terms.proof_reference.split(",")):
            _, fresh = proof_of.objects.get_or_create(
                bap_id=terms.order.sold_through,
                reference=reference,
                defaults={"order": terms.order, "amount": amount},
            )
            amount = 0 if fresh else amount


def join_proofs(apps, schema_editor):
    """The terms of an order name its payments, separated by commas, with their sum."""
    terms_of = apps.get_model("charging_sessions", "PaymentTerms")
    for terms in terms_of.objects.filter(order__payment_proofs__isnull=False).distinct().iterator():
        proofs = list(terms.order.payment_proofs.order_by("pk"))
        terms.proof_reference = ",".join(proof.reference for proof in proofs)[:255]
        terms.proof_amount = sum(proof.amount for proof in proofs)
        terms.save(update_fields=["proof_reference", "proof_amount"])


class Migration(migrations.Migration):

    dependencies = [
        ('charging_sessions', '0004_cdr_audit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PaymentProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bap_id', models.CharField(max_length=255, verbose_name='app')),
                ('reference', models.CharField(max_length=255)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='payment_proofs', to='charging_sessions.order')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('bap_id', 'reference'), name='payment_proof_once_per_app')],
            },
        ),
        migrations.RunPython(keep_proofs, join_proofs),
        migrations.RemoveField(
            model_name='paymentterms',
            name='proof_amount',
        ),
        migrations.RemoveField(
            model_name='paymentterms',
            name='proof_reference',
        ),
        migrations.AlterField(
            model_name='journalentry',
            name='kind',
            field=models.CharField(choices=[('BILL', 'bill'), ('CREDIT', 'credit'), ('PAYMENT', 'payment'), ('REFUND_DUE', 'refund owed'), ('REFUND', 'refund paid'), ('ADJUSTMENT', 'adjustment'), ('SETTLEMENT', 'statement paid')], max_length=12),
        ),
        migrations.AlterField(
            model_name='posting',
            name='account',
            field=models.CharField(choices=[('RECEIVABLE_BAP', 'receivable from the app'), ('RECEIVABLE_DRIVER', 'receivable from the driver'), ('PAYABLE_CPO', 'payable to the operator'), ('REVENUE', 'charging, excl. tax'), ('FEE', 'fees'), ('COST', 'charging bought, excl. tax'), ('TAX', 'tax'), ('REFUND', 'refunds owed to drivers'), ('CASH', 'cash at the payment gateway'), ('BANK', 'bank'), ('ADJUSTMENT', 'adjustments')], max_length=20),
        ),
        migrations.CreateModel(
            name='StatementPayment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('paid_on', models.DateField(help_text='the day of the bank')),
                ('bank_reference', models.CharField(max_length=100)),
                ('by_name', models.CharField(help_text='stays when the account goes', max_length=150)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='statement_payment', to='charging_sessions.journalentry')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='charging_sessions.statement')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('statement', 'bank_reference'), name='statement_payment_once'), models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='statement_payment_is_not_zero')],
            },
        ),
        migrations.AddField(
            model_name='quote',
            name='amount_ordered',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='the most the driver wants to spend', max_digits=14, null=True),
        ),
    ]
