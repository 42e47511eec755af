"""Adjustments: what was booked wrongly is taken back by two people, and never changed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bookkeeping.states import ADJUSTMENT_ARROWS, AdjustmentState
from ledger.models import Entry, Transfer

STATES = [(state.value, state.value) for state in AdjustmentState]


class Adjustment(models.Model):
    """Transfers of an entry are to be taken back, once a second person has approved it.

    The facts never change. The rest follows the events: the database itself moves it when
    an event is inserted, and nobody else may.

    entry   the one of which something is taken back; what takes it back is the entry
            `adjustment:<id>`
    size    how many of its transfers: none is added to what was proposed
    """

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    size = models.IntegerField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("proposed at")

    state = models.CharField(
        max_length=12, choices=STATES, default=AdjustmentState.PROPOSED
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("propose_adjustment", "Can propose to take transfers back"),
            ("approve_adjustment", "Can decide on adjustments that others proposed"),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="adjustment_open",
                condition=Q(state=AdjustmentState.PROPOSED),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=0), name="adjustment_takes_something_back"
            ),
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S"), name="adjustment_has_its_reason"
            ),
            models.CheckConstraint(
                condition=Q(
                    state=AdjustmentState.PROPOSED,
                    decided_by__isnull=True,
                    decided_at__isnull=True,
                )
                | (
                    ~Q(state=AdjustmentState.PROPOSED)
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                ),
                name="adjustment_decision_has_its_maker",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                name="adjustment_is_decided_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"adjustment {self.pk}"


class AdjustmentLine(models.Model):
    """One transfer that an adjustment takes back.

    stands    until the adjustment is rejected
    reversal  the transfer that took it back; written by the database when it comes
    """

    adjustment = models.ForeignKey(
        Adjustment, models.PROTECT, db_index=False, related_name="lines"
    )
    transfer = models.ForeignKey(
        Transfer, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    stands = models.BooleanField(default=True)
    reversal = models.ForeignKey(
        Transfer,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["adjustment", "transfer"], name="adjustment_names_a_transfer_once"
            ),
            models.UniqueConstraint(
                fields=["transfer"],
                condition=Q(stands=True),
                name="transfer_is_taken_back_once",
            ),
            models.UniqueConstraint(fields=["reversal"], name="reversal_is_of_one_line"),
        ]


class AdjustmentEvent(models.Model):
    """One step of an adjustment. Inserting a row is what moves the adjustment."""

    adjustment = models.ForeignKey(
        Adjustment, models.PROTECT, db_index=False, related_name="events"
    )
    before = models.CharField(max_length=12, choices=STATES)
    after = models.CharField(max_length=12, choices=STATES)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["adjustment", "after"], name="adjustment_enters_a_state_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    *(
                        Q(before=before, after=after)
                        for (before, _), after in ADJUSTMENT_ARROWS.items()
                    ),
                    _connector=Q.OR,
                ),
                name="adjustment_event_follows_an_arrow",
            ),
            models.CheckConstraint(
                condition=~Q(after=AdjustmentState.REJECTED) | Q(reason__regex=r"\S"),
                name="adjustment_rejection_has_its_reason",
            ),
        ]
