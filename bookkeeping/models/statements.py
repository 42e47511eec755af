"""What somebody states about the world outside: what an asset was worth, what is there."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kernel.decimals import format_decimal
from ledger.models import Account, Asset

#: A rate is an integer count of 10^-RATE_SCALE of the currency.
RATE_SCALE: Final = 10


class Rate(models.Model):
    """What one whole unit of an asset was worth at an instant, as somebody said.

    price       a count of 10^-10 of the currency for one whole unit of the asset
    at          the instant at which it held; it counts until a later one
    source      who said so: a page, a market, a fixing
    entered_by  a member of the staff; None for the house's own fixing
    """

    asset = models.ForeignKey(Asset, models.PROTECT, db_index=False, related_name="+")
    currency = models.ForeignKey(Asset, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()
    price = models.BigIntegerField()
    source = models.CharField(max_length=200)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("recorded at")

    class Meta:
        default_permissions = ("view",)
        permissions = [("record_rate", "Can state what an asset was worth")]
        indexes = [
            models.Index(fields=["asset", "currency", "-at", "-id"], name="rate_by_instant")
        ]
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="rate_price_positive"),
            models.CheckConstraint(
                condition=~Q(asset=F("currency")), name="rate_is_between_two_assets"
            ),
            models.CheckConstraint(
                condition=Q(source__regex=r"\S"), name="rate_has_its_source"
            ),
            models.CheckConstraint(
                condition=Q(at__lte=F("created_at")), name="rate_is_not_of_the_future"
            ),
            models.UniqueConstraint(
                fields=["asset", "currency", "at", "source"], name="rate_is_stated_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_text} {self.currency.code} for 1 {self.asset.code}"

    @property
    def price_text(self) -> str:
        return format_decimal(self.price, scale=RATE_SCALE)


class WalletCount(models.Model):
    """How much was outside in a wallet at an instant, as somebody who looked there says.

    account  the ledger's custody account of that wallet
    amount   atoms of the account's asset
    source   where it was read: a block explorer, a statement of the custodian
    """

    account = models.ForeignKey(Account, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField("counted at")
    amount = models.BigIntegerField()
    source = models.CharField(max_length=200)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("recorded at")

    class Meta:
        default_permissions = ("view",)
        permissions = [("count_wallet", "Can state what is in a wallet")]
        indexes = [models.Index(fields=["account", "-at", "-id"], name="count_by_instant")]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="count_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(source__regex=r"\S"), name="count_has_its_source"
            ),
            models.CheckConstraint(
                condition=Q(at__lte=F("created_at")), name="count_is_not_of_the_future"
            ),
            models.UniqueConstraint(
                fields=["account", "at", "source"], name="count_is_stated_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_text} {self.account.asset.code} in {self.account.label}"

    @property
    def amount_text(self) -> str:
        return format_decimal(self.amount, scale=self.account.asset.scale)
