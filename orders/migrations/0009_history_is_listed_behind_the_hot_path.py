import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def reference(to):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=to,
    )


def ids():
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.BigIntegerField(), size=None
    )


class Migration(migrations.Migration):
    """The lists begin empty; the general worker or `refill_history` fills them (ADR 0018)."""

    dependencies = [
        ("orders", "0008_a_command_has_what_its_kind_needs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoryCursor",
            fields=[
                (
                    "name",
                    models.CharField(max_length=40, primary_key=True, serialize=False),
                ),
                ("position", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="OrdersOfUser",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id",
                        "first",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("user", reference(settings.AUTH_USER_MODEL)),
                ("first", models.BigIntegerField()),
                ("ids", ids()),
            ],
        ),
        migrations.CreateModel(
            name="FillsOfUser",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id",
                        "market_id",
                        "since",
                        "first",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("user", reference(settings.AUTH_USER_MODEL)),
                ("market", reference("orders.market")),
                ("since", models.DateTimeField()),
                ("first", models.BigIntegerField()),
                ("ids", ids()),
            ],
        ),
        migrations.RemoveIndex(model_name="order", name="order_by_user"),
        migrations.RemoveIndex(model_name="trade", name="trade_by_maker"),
        migrations.RemoveIndex(model_name="trade", name="trade_by_taker"),
    ]
