import django.db.models.deletion
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
    ]
