from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


def _person() -> models.Field:
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


def _run(name: str) -> models.Field:
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=name,
        to="ledger.auditrun",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0008_books_are_sealed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="AuditedBalance",
            fields=[
                ("account_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("balance", models.BigIntegerField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="AuditRun",
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
                (
                    "kind",
                    models.CharField(
                        choices=[("full", "Full"), ("recent", "Recent")], max_length=8
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("clean", "Clean"),
                            ("broken", "Broken"),
                            ("failed", "could not look"),
                        ],
                        max_length=8,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("checked", models.PositiveIntegerField(default=0)),
                ("broken", models.PositiveIntegerField(default=0)),
                ("marks", models.JSONField(default=dict)),
                ("note", models.TextField(blank=True, default="")),
            ],
            options={
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["kind", "-id"], name="audit_by_kind")],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(finished_at__gte=F("started_at")),
                        name="audit_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=Q(outcome="clean", broken=0, note="")
                        | Q(outcome="broken", broken__gt=0, note="")
                        | (Q(outcome="failed") & ~Q(note="")),
                        name="audit_outcome_fits_what_it_found",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Break",
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
                ("invariant", models.CharField(max_length=8)),
                ("subject", models.CharField(max_length=500)),
                ("what", models.CharField(max_length=500)),
                (
                    "assets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("found", _run("found_breaks")),
                ("opened_at", models.DateTimeField()),
                ("seen", _run("seen_breaks")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("acknowledged", "Acknowledged"),
                            ("resolved", "Resolved"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("acknowledged_by", _person()),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "acknowledged_reason",
                    models.CharField(blank=True, default="", max_length=500),
                ),
                ("resolved_by", _person()),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "resolved_reason",
                    models.CharField(blank=True, default="", max_length=500),
                ),
                ("accepted", models.BooleanField(default=False)),
            ],
            options={
                "default_permissions": ("view",),
                "permissions": [("resolve_break", "Can acknowledge and resolve breaks")],
                "indexes": [
                    models.Index(
                        condition=~Q(state="resolved"),
                        fields=["id"],
                        name="break_unresolved",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=~Q(state="resolved"),
                        fields=("invariant", "subject"),
                        name="one_open_break_of_a_subject",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            acknowledged_by__isnull=True,
                            acknowledged_at__isnull=True,
                            acknowledged_reason="",
                        )
                        | Q(
                            acknowledged_by__isnull=False,
                            acknowledged_at__isnull=False,
                            acknowledged_reason__gt="",
                        ),
                        name="break_acknowledgement_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            ~Q(state="resolved"),
                            resolved_by__isnull=True,
                            resolved_at__isnull=True,
                            resolved_reason="",
                            accepted=False,
                        )
                        | Q(
                            state="resolved",
                            resolved_by__isnull=False,
                            resolved_at__isnull=False,
                            resolved_reason__gt="",
                        ),
                        name="break_resolution_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=~Q(state="acknowledged")
                        | Q(acknowledged_by__isnull=False),
                        name="break_is_acknowledged_by_somebody",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, REVERSE),
    ]
