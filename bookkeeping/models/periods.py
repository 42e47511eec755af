"""Periods: days and months in which the books are open, or closed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bookkeeping.states import PERIOD_ARROWS, PeriodKind, PeriodState
from ledger.models import Account, Seal

KINDS = [(kind.value, kind.value) for kind in PeriodKind]
STATES = [(state.value, state.value) for state in PeriodState]
CLOSED = (PeriodState.SOFT_CLOSED.value, PeriodState.HARD_CLOSED.value)


class Period(models.Model):
    """A day or a month, in UTC. A period without a row is open.

    Into a day that is soft closed nothing is booked; nor to before the end of a month that
    is hard closed, for ever. The state follows the events: the database itself moves it
    when an event is inserted, and nobody else may.

    begins, ends  half open: what is dated at `ends` is not in it
    digest        SHA-256, in hex, of the trial balance at the end of a month, from the
                  proposal on: lines `account|debits|credits` by account
    seal          the seal that covers the last transfer of a hard closed month
    """

    kind = models.CharField(max_length=8, choices=KINDS)
    begins = models.DateTimeField()
    ends = models.DateTimeField()

    state = models.CharField(max_length=12, choices=STATES, default=PeriodState.OPEN)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    seal = models.ForeignKey(
        Seal, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("close_period", "Can close days and propose to close months"),
            ("reopen_period", "Can reopen days that are soft closed"),
            ("confirm_period", "Can close months that others proposed to close"),
        ]
        indexes = [
            models.Index(
                fields=["-ends"], name="period_closed", condition=Q(state__in=CLOSED)
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "begins"], name="period_is_unique"),
            models.CheckConstraint(
                condition=Q(kind=PeriodKind.DAY.value, state__in=("open", "soft closed"))
                | Q(
                    kind=PeriodKind.MONTH.value,
                    state__in=("open", "proposed", "hard closed"),
                ),
                name="period_state_fits_its_kind",
            ),
            models.CheckConstraint(
                condition=~Q(state=PeriodState.HARD_CLOSED.value)
                | Q(proposed_by__isnull=False, closed_by__isnull=False),
                name="period_closing_has_its_makers",
            ),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True)
                | Q(kind=PeriodKind.DAY.value)
                | ~Q(closed_by=F("proposed_by")),
                name="period_is_closed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """A day as 2026-11-21, a month as 2026-11."""
        text = self.begins.date().isoformat()
        return text if self.kind == PeriodKind.DAY else text[:7]


class PeriodEvent(models.Model):
    """One step of a period. Inserting a row is what moves the period.

    actor   None only for the daily closing, which the house does by itself
    digest  of a month's trial balance, as who proposes or confirms has seen it
    """

    period = models.ForeignKey(Period, models.PROTECT, related_name="events")
    before = models.CharField(max_length=12, choices=STATES)
    after = models.CharField(max_length=12, choices=STATES)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True, default="")
    digest = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    *(
                        Q(before=before.value, after=after.value)
                        for arrows in PERIOD_ARROWS.values()
                        for (before, _), after in arrows.items()
                    ),
                    _connector=Q.OR,
                ),
                name="period_event_follows_an_arrow",
            ),
            models.CheckConstraint(
                condition=Q(actor__isnull=False) | Q(after="soft closed"),
                name="period_event_has_its_actor",
            ),
            models.CheckConstraint(
                condition=~Q(after="open") | Q(reason__regex=r"\S"),
                name="period_opening_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    after__in=("proposed", "hard closed"), digest__regex="^[0-9a-f]{64}$"
                )
                | (~Q(after__in=("proposed", "hard closed")) & Q(digest="")),
                name="period_event_has_its_digest",
            ),
        ]


class FrozenBalance(models.Model):
    """A line of the trial balance at the end of a hard closed month. For ever.

    Written by the database itself as it closes the month.

    debits, credits  what the account had turned over since ever, in atoms
    """

    period = models.ForeignKey(
        Period, models.PROTECT, db_index=False, related_name="balances"
    )
    account = models.ForeignKey(
        Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    debits = models.DecimalField(max_digits=40, decimal_places=0)  # noqa: TID251  whole, but beyond a bigint
    credits = models.DecimalField(max_digits=40, decimal_places=0)  # noqa: TID251  the same

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["period", "account"], name="balance_is_frozen_once"
            )
        ]
