"""What the house books by itself: capital, network fees, promotions, suspense."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bookkeeping.models.adjustments import STATES
from bookkeeping.rules import TO_CUSTOMERS, BookingKind
from bookkeeping.states import ADJUSTMENT_ARROWS, AdjustmentState
from kernel.decimals import format_decimal
from ledger.models import Asset, Transfer

KINDS = [(kind.value, kind.value) for kind in BookingKind]
_TO_CUSTOMERS = tuple(sorted(kind.value for kind in TO_CUSTOMERS))


class HouseBooking(models.Model):
    """A transfer of the house's is to be posted, once a second person has approved it.

    The facts never change; the state follows the events, as an adjustment's.

    kind       which says between what accounts it goes: bookkeeping.rules
    amount     atoms of the asset
    user       the customer who gets something; None where only the house is concerned
    reference  the record outside, if there is one
    transfer   what posted it; written by the database when it comes
    """

    kind = models.CharField(max_length=20, choices=KINDS)
    asset = models.ForeignKey(Asset, models.PROTECT, db_index=False, related_name="+")
    amount = models.BigIntegerField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    reason = models.CharField(max_length=500)
    reference = models.CharField(max_length=120, blank=True, default="")
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
    transfer = models.ForeignKey(
        Transfer,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("propose_booking", "Can propose bookings of the house's"),
            ("approve_booking", "Can decide on bookings that others proposed"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="booking_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_TO_CUSTOMERS, user__isnull=False)
                | (~Q(kind__in=_TO_CUSTOMERS) & Q(user__isnull=True)),
                name="booking_user_fits_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S"), name="booking_has_its_reason"
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
                name="booking_decision_has_its_maker",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                name="booking_is_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True)
                | (
                    ~Q(user=F("proposed_by"))
                    & (Q(decided_by__isnull=True) | ~Q(user=F("decided_by")))
                ),
                name="booking_is_handled_by_others",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.amount_text} {self.asset.code}"

    @property
    def amount_text(self) -> str:
        return format_decimal(self.amount, scale=self.asset.scale)


class HouseBookingEvent(models.Model):
    """One step of a booking. Inserting a row is what moves the booking."""

    booking = models.ForeignKey(
        HouseBooking, models.PROTECT, db_index=False, related_name="events"
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
                fields=["booking", "after"], name="booking_enters_a_state_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    *(
                        Q(before=before.value, after=after.value)
                        for (before, _), after in ADJUSTMENT_ARROWS.items()
                    ),
                    _connector=Q.OR,
                ),
                name="booking_event_follows_an_arrow",
            ),
            models.CheckConstraint(
                condition=~Q(after=AdjustmentState.REJECTED.value) | Q(reason__regex=r"\S"),
                name="booking_rejection_has_its_reason",
            ),
        ]
