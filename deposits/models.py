"""Deposits and what was done to them. README.md lists what the database enforces."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from deposits.states import ARROWS, FIRST, State
from kernel.decimals import format_decimal
from ledger.models import Asset

STATES = [(state.value, state.value) for state in State]


class Deposit(models.Model):
    """Something arrived outside, and is the user's once a second person has confirmed it.

    The facts never change. The rest follows the events: the database itself moves it when
    an event is inserted, and nobody else may.

    amount      atoms of the asset
    reference   what names the payment outside: a transaction id, a line of a statement
    decided_by  who confirmed or refused it
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    reference = models.CharField(max_length=128)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("entered at")

    state = models.CharField(max_length=12, choices=STATES, default=FIRST)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("enter_deposit", "Can enter deposits"),
            ("confirm_deposit", "Can decide on deposits that others entered"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="deposit_by_user"),
            models.Index(
                fields=["id"], name="deposit_open", condition=Q(state=State.ENTERED)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="deposit_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(reference__regex=r"^[!-~]{1,128}$"),
                name="deposit_reference_is_plain",
            ),
            models.UniqueConstraint(
                fields=["asset", "reference"],
                condition=~Q(state=State.REFUSED),
                name="deposit_reference_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(state=FIRST, decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state=FIRST) & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="deposit_decision_has_its_maker",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("entered_by")),
                name="deposit_is_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(entered_by=F("user"))
                & (Q(decided_by__isnull=True) | ~Q(decided_by=F("user"))),
                name="deposit_is_handled_by_others",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_text} {self.asset.code} for {self.user}"

    @property
    def amount_text(self) -> str:
        return format_decimal(self.amount, scale=self.asset.scale)


class DepositEvent(models.Model):
    """One step of a deposit's life. Inserting a row is what moves the deposit."""

    deposit = models.ForeignKey(
        Deposit, models.PROTECT, db_index=False, related_name="events"
    )
    before = models.CharField(max_length=12, choices=STATES)
    after = models.CharField(max_length=12, choices=STATES)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "deposits_event"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["deposit", "after"], name="deposit_enters_a_state_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    *(
                        Q(before=before, after=after)
                        for (before, _), after in ARROWS.items()
                    ),
                    _connector=Q.OR,
                ),
                name="deposit_event_follows_an_arrow",
            ),
            models.CheckConstraint(
                condition=~Q(after=State.REFUSED) | Q(reason__gt=""),
                name="deposit_refusal_has_its_reason",
            ),
        ]
