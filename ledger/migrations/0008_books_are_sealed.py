from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    """Nothing is sealed yet; the first seals cover what there is, a slice at a time."""

    dependencies = [("ledger", "0007_amounts_are_written_exactly")]

    operations = [
        migrations.CreateModel(
            name="LogMark",
            fields=[
                (
                    "name",
                    models.CharField(max_length=40, primary_key=True, serialize=False),
                ),
                ("safe", models.BigIntegerField(default=0)),
                ("mark", models.BigIntegerField(default=0)),
                (
                    "writers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("last", models.BigIntegerField(primary_key=True, serialize=False)),
                ("accounts", models.IntegerField()),
                ("taken_at", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("log", models.CharField(max_length=40)),
                ("number", models.BigIntegerField()),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("rows", models.IntegerField()),
                ("earliest", models.DateTimeField()),
                ("latest", models.DateTimeField()),
                ("content", models.CharField(max_length=64)),
                ("previous", models.CharField(max_length=64)),
                ("sha256", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["log", "latest"], name="seal_by_latest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("log", "number"), name="seal_number_is_unique"
                    ),
                    models.UniqueConstraint(
                        fields=("log", "last"), name="seal_range_is_unique"
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            first__lte=F("last"), rows__gt=0, earliest__lte=F("latest")
                        ),
                        name="seal_covers_rows",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            content__regex="^[0-9a-f]{64}$",
                            previous__regex="^[0-9a-f]{64}$",
                            sha256__regex="^[0-9a-f]{64}$",
                        ),
                        name="seal_hashes_are_hex",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SnapshotBalance",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "last",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("last", models.BigIntegerField()),
                ("debits", models.DecimalField(decimal_places=0, max_digits=40)),
                ("credits", models.DecimalField(decimal_places=0, max_digits=40)),
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
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(FORWARD, REVERSE),
    ]
