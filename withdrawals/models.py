"""Withdrawals and what was done to them. README.md lists what the database enforces."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kernel.decimals import format_decimal
from ledger.models import Asset
from withdrawals.states import ARROWS, FIRST, UNDECIDED, State

STATES = [(state.value, state.value) for state in State]


class Withdrawal(models.Model):
    """Somebody asks for an amount to be sent to an address.

    The terms never change. The rest follows the events: the database itself moves it when
    an event is inserted, and nobody else may.

    amount                atoms of the asset
    client_withdrawal_id  the user's own name for it; makes a resend harmless
    decided_by            who approved or rejected it
    txid                  the payment, once it is paid
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    address = models.CharField(max_length=128)
    client_withdrawal_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  absent ones do not collide
    created_at = models.DateTimeField("requested at")

    state = models.CharField(max_length=12, choices=STATES, default=FIRST)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    txid = models.CharField("transaction id", max_length=128, blank=True, default="")
    updated_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)
        permissions = [("decide_withdrawal", "Can decide on withdrawals")]
        indexes = [
            models.Index(fields=["user", "-id"], name="withdrawal_by_user"),
            models.Index(fields=["address"], name="withdrawal_by_address"),
            models.Index(
                fields=["id"],
                name="withdrawal_open",
                condition=Q(state__in=[State.REQUESTED, State.APPROVED]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="withdrawal_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(address__regex=r"^[!-~]{1,128}$"),
                name="withdrawal_address_is_plain",
            ),
            models.UniqueConstraint(
                fields=["user", "client_withdrawal_id"],
                name="client_withdrawal_id_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=UNDECIDED, decided_by__isnull=True, decided_at__isnull=True
                )
                | (
                    ~Q(state__in=UNDECIDED)
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                ),
                name="withdrawal_decision_has_its_maker",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("user")),
                name="withdrawal_is_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state=State.PAID, txid__gt="")
                | (~Q(state=State.PAID) & Q(txid="")),
                name="withdrawal_paid_has_its_txid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_text} {self.asset.code} to {self.address}"

    @property
    def amount_text(self) -> str:
        return format_decimal(self.amount, scale=self.asset.scale)

    @property
    def digest(self) -> str:
        """SHA-256, in hex, over the terms. An approval is bound to it.

        The address, which may hold any printable character, stands last.
        """
        terms = (self.pk, self.user_id, self.asset.code, self.amount, self.address)
        return hashlib.sha256("|".join(map(str, terms)).encode()).hexdigest()


class WithdrawalEvent(models.Model):
    """One step of a withdrawal's life. Inserting a row is what moves the withdrawal.

    digest  what was approved: the withdrawal's digest; empty for other steps
    """

    withdrawal = models.ForeignKey(
        Withdrawal, models.PROTECT, db_index=False, related_name="events"
    )
    before = models.CharField(max_length=12, choices=STATES)
    after = models.CharField(max_length=12, choices=STATES)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    txid = models.CharField(max_length=128, blank=True, default="")
    digest = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "withdrawals_event"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["withdrawal", "after"], name="withdrawal_enters_a_state_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    *(
                        Q(before=before, after=after)
                        for (before, _), after in ARROWS.items()
                    ),
                    _connector=Q.OR,
                ),
                name="withdrawal_event_follows_an_arrow",
            ),
            models.CheckConstraint(
                condition=~Q(after__in=[State.REJECTED, State.FAILED]) | Q(reason__gt=""),
                name="withdrawal_refusal_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(after=State.APPROVED, digest__regex="^[0-9a-f]{64}$")
                | (~Q(after=State.APPROVED) & Q(digest="")),
                name="withdrawal_approval_is_bound",
            ),
        ]
