"""Assets, accounts, entries, transfers."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kernel import clock


class Asset(models.Model):
    """Something that can be owned. An amount is an integer count of 10^-scale units."""

    class Kind(models.TextChoices):
        COIN = "coin"
        FIAT = "fiat"

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=80)
    scale = models.PositiveSmallIntegerField(default=8)
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.COIN)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scale__lte=18), name="asset_scale_at_most_18"
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z0-9]{1,12}$"), name="asset_code_is_plain"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Side(models.TextChoices):
    """The side on which an account grows."""

    DEBIT = "D", "debit"
    CREDIT = "C", "credit"


class AccountKind(models.TextChoices):
    # Customers'.
    AVAILABLE = "available"
    HELD = "held"
    WITHDRAWING = "withdrawing"
    # The house's.
    CUSTODY = "custody"
    DEPOSITS_IN_FLIGHT = "deposits_in_flight"
    PAYOUTS_IN_FLIGHT = "payouts_in_flight"
    FEES = "fees"
    NETWORK_FEES = "network_fees"
    SUSPENSE = "suspense"
    ROUNDING = "rounding"
    CAPITAL = "capital"
    PROMOTIONS = "promotions"


CUSTOMER_KINDS = (AccountKind.AVAILABLE, AccountKind.HELD, AccountKind.WITHDRAWING)
#: What the house owns or has spent; everything else is owed or earned.
DEBIT_KINDS = (AccountKind.CUSTODY, AccountKind.NETWORK_FEES)
#: The label of the custody account through which staff book deposits and payouts.
MAIN_WALLET = "main"


class Account(models.Model):
    """One balance, in atoms, counted on the account's normal side.

    owner    the customer; none for the house
    label    which wallet, for custody; empty otherwise
    floor    the balance may not go below; there is no exemptable account
    balance  moved by the database itself when transfers are inserted; never written
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=AccountKind.choices)
    label = models.CharField(max_length=40, blank=True, default="")
    normal_side = models.CharField(max_length=1, choices=Side.choices)
    floor = models.BigIntegerField(default=0)
    balance = models.BigIntegerField(default=0, editable=False)
    opened_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        db_table = "ledger_account"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "asset", "kind", "label"],
                nulls_distinct=False,
                name="account_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=F("floor")), name="account_balance_above_floor"
            ),
            models.CheckConstraint(
                condition=Q(owner__isnull=False, kind__in=CUSTOMER_KINDS)
                | (Q(owner__isnull=True) & ~Q(kind__in=CUSTOMER_KINDS)),
                name="account_owner_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(normal_side=Side.DEBIT, kind__in=DEBIT_KINDS)
                | (Q(normal_side=Side.CREDIT) & ~Q(kind__in=DEBIT_KINDS)),
                name="account_side_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(owner__isnull=True) | Q(floor=0),
                name="account_customer_floor_is_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}{':' + self.label if self.label else ''} #{self.pk}"


class Entry(models.Model):
    """A business fact that moved money: a deposit, a payout, a batch of a market.

    key        makes a second attempt harmless, e.g. "deposit:17"
    digest     SHA-256 of its transfers, for telling a repeat from a contradiction; empty
               for a trading batch, which the engine's cursor makes unrepeatable
    reference  what it is about, for people
    """

    class Kind(models.TextChoices):
        BATCH = "batch", "trading batch"
        DEPOSIT = "deposit"
        WITHDRAWAL = "withdrawal"
        HOUSE = "house", "house booking"
        ADJUSTMENT = "adjustment"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=80, unique=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    reference = models.CharField(max_length=120, blank=True, default="")
    memo = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return self.key


class Transfer(models.Model):
    """One debit and one credit of one asset. Inserting a row is what moves the money.

    The hottest table: no foreign keys in the database, no index but the primary key. The
    trigger refuses unknown accounts and accounts of another asset (ADR 0003).
    """

    entry = models.ForeignKey(
        Entry,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="transfers",
    )
    debit = models.ForeignKey(
        Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    credit = models.ForeignKey(
        Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    asset = models.ForeignKey(
        Asset, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    amount = models.BigIntegerField()
    code = models.SmallIntegerField()
    ref = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="transfer_amount_positive"
            ),
            models.CheckConstraint(
                condition=~Q(debit=F("credit")), name="transfer_between_two_accounts"
            ),
        ]
