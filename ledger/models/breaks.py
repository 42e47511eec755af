"""What the audits found: each run, and each break until a person has resolved it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

WHAT_MAX = 500
REASON_MAX = 500


class AuditRun(models.Model):
    """One search for violations of the invariants, written when it ended. Append-only.

    kind       full: everything; recent: what came since the last run, and what is live
    checked    how many invariants were looked at
    broken     how many of them had violations, those that are accepted left out
    marks      how far the logs were covered, for the next run; exchange/audit says how
    note       why it failed; empty otherwise
    """

    class Kind(models.TextChoices):
        FULL = "full"
        RECENT = "recent"

    class Outcome(models.TextChoices):
        CLEAN = "clean"
        BROKEN = "broken"
        FAILED = "failed", "could not look"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    checked = models.PositiveIntegerField(default=0)
    broken = models.PositiveIntegerField(default=0)
    marks = models.JSONField(default=dict)
    note = models.TextField(blank=True, default="")

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__gte=F("started_at")), name="audit_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(outcome="clean", broken=0, note="")
                | Q(outcome="broken", broken__gt=0, note="")
                | (Q(outcome="failed") & ~Q(note="")),
                name="audit_outcome_fits_what_it_found",
            ),
        ]
        indexes = [models.Index(fields=["kind", "-id"], name="audit_by_kind")]

    def __str__(self) -> str:
        return f"{self.kind} audit {self.pk}"


class Break(models.Model):
    """A violation that an audit found; it stays open until a person resolves it.

    While it is open, the markets of its assets stay halted and their payouts are refused.

    invariant  of which rule, e.g. "L3"
    subject    what it is about, e.g. "account 17": the same rule and subject again is the
               same break
    what       the line that the audit wrote when it was found first
    assets     ids of the assets concerned; empty when that is not known: all are
    seen       the last run that found it
    accepted   resolved as explained although it is still there: it opens no break again
    """

    class State(models.TextChoices):
        OPEN = "open"
        ACKNOWLEDGED = "acknowledged"
        RESOLVED = "resolved"

    invariant = models.CharField(max_length=8)
    subject = models.CharField(max_length=WHAT_MAX)
    what = models.CharField(max_length=WHAT_MAX)
    assets = ArrayField(models.BigIntegerField(), default=list, blank=True)
    found = models.ForeignKey(
        AuditRun, models.PROTECT, db_index=False, related_name="found_breaks"
    )
    opened_at = models.DateTimeField()
    seen = models.ForeignKey(
        AuditRun, models.PROTECT, db_index=False, related_name="seen_breaks"
    )

    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_reason = models.CharField(max_length=REASON_MAX, blank=True, default="")
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_reason = models.CharField(max_length=REASON_MAX, blank=True, default="")
    accepted = models.BooleanField(default=False)

    class Meta:
        default_permissions = ("view",)
        permissions = [("resolve_break", "Can acknowledge and resolve breaks")]
        constraints = [
            models.UniqueConstraint(
                fields=["invariant", "subject"],
                condition=~Q(state="resolved"),
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
                condition=~Q(state="acknowledged") | Q(acknowledged_by__isnull=False),
                name="break_is_acknowledged_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=~Q(state="resolved"), name="break_unresolved"
            )
        ]

    def __str__(self) -> str:
        return f"{self.invariant} {self.what}"


class AuditedBalance(models.Model):
    """What an account's transfers come to, up to the mark of the last audit.

    No fact: it lets the next audit compare every balance with its transfers by reading
    those that came since. A full audit compares with all transfers and makes these anew.

    balance  atoms, on the account's normal side
    """

    account_id = models.BigIntegerField(primary_key=True)
    balance = models.BigIntegerField()

    class Meta:
        default_permissions = ()
