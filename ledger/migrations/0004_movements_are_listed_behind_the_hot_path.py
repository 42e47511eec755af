import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The lists begin empty; the general worker or `refill_history` fills them (ADR 0018)."""

    dependencies = [("ledger", "0003_an_asset_keeps_its_scale")]

    operations = [
        migrations.CreateModel(
            name="MovementCursor",
            fields=[
                (
                    "name",
                    models.CharField(max_length=40, primary_key=True, serialize=False),
                ),
                ("position", models.BigIntegerField(default=0)),
                ("safe", models.BigIntegerField(default=0)),
                ("mark", models.BigIntegerField(default=0)),
                (
                    "writers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MovementsOfAccount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "first",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="ledger.account",
                    ),
                ),
                ("first", models.BigIntegerField()),
                (
                    "ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
            ],
        ),
    ]
