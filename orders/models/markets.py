"""Markets, and what trading in them costs."""

from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kernel import clock, pgcopy
from ledger.models import Asset
from orders.commands import MarketState
from orders.rules import MarketRules

#: What MarketRules has by the same name here.
_AS_IT_IS: Final = (
    "symbol", "tick_size", "lot_size", "tick_value", "price_max", "quantity_min",
    "quantity_max", "notional_min", "maker_ppm", "taker_ppm", "band_ppm", "band_caps",
    "halt_ppm", "halt_seconds", "max_open_orders", "slippage_ppm", "self_trade_allowed",
)  # fmt: skip
_read_rules: Final = attrgetter(
    "pk", "base_id", "quote_id", "base.scale", "quote.scale", "state", "until", *_AS_IT_IS
)


class Market(models.Model):
    """Where one asset is traded for another, in whole ticks and lots.

    tick_size   quote atoms per whole base unit, for one tick of price
    lot_size    base atoms in one lot
    tick_value  quote atoms of one tick times one lot: a whole number, or no such market

    The state and what follows it are the engine's to write, by commands of the log:

    until            when an auction ends by itself
    band_ppm         how far through the reference price an aggressive limit may go, in
                     millionths; 0: anywhere. `band_caps`: such a price is capped, not
                     refused
    halt_ppm         how far from the reference a trade may be; beyond it the market is
                     halted for an auction of `halt_seconds`; 0: anywhere
    max_open_orders  live orders of one user; 0: any number

    slippage_ppm is the cap of market orders that name none; `self_trade_allowed` lets
    orders ask for no self-trade prevention. Both are stamped on the order at intake.
    """

    class State(models.TextChoices):
        OPEN = "open"
        POST_ONLY = "post_only"
        CANCEL_ONLY = "cancel_only"
        HALTED = "halted"
        AUCTION = "auction"

    symbol = models.CharField(max_length=25, unique=True)
    base = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    quote = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    base_unit = models.BigIntegerField()
    tick_size = models.BigIntegerField()
    lot_size = models.BigIntegerField()
    tick_value = models.BigIntegerField()
    price_max = models.BigIntegerField()
    quantity_min = models.BigIntegerField()
    quantity_max = models.BigIntegerField()
    notional_min = models.BigIntegerField()
    maker_ppm = models.PositiveIntegerField()
    taker_ppm = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    until = models.DateTimeField(null=True, blank=True)
    band_ppm = models.PositiveIntegerField(default=0)
    band_caps = models.BooleanField(default=False)
    halt_ppm = models.PositiveIntegerField(default=0)
    halt_seconds = models.PositiveIntegerField(default=120)
    max_open_orders = models.PositiveIntegerField(default=0)
    slippage_ppm = models.PositiveIntegerField(default=100_000)
    self_trade_allowed = models.BooleanField(default=False)
    shard = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        permissions = [("configure_market", "Can change a market's state and settings")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(base=F("quote")), name="market_of_two_assets"
            ),
            models.CheckConstraint(
                condition=Q(
                    tick_size__gt=0, lot_size__gt=0, tick_value__gt=0, base_unit__gt=0
                ),
                name="market_steps_positive",
            ),
            models.CheckConstraint(
                condition=Q(maker_ppm__lt=1_000_000, taker_ppm__lt=1_000_000),
                name="market_fees_below_one",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity_min__gt=0, quantity_max__gte=F("quantity_min"), price_max__gt=0
                ),
                name="market_limits_in_order",
            ),
            models.CheckConstraint(
                condition=Q(
                    band_ppm__lt=1_000_000,
                    halt_ppm__lt=1_000_000,
                    slippage_ppm__gt=0,
                    slippage_ppm__lte=1_000_000,
                ),
                name="market_bands_below_one",
            ),
        ]

    def __str__(self) -> str:
        return self.symbol

    @property
    def rules(self) -> MarketRules:
        """The market as pure code sees it; `base` and `quote` should be selected along."""
        return _rules(*_read_rules(self))


# Every request needs them, and they seldom change.
@lru_cache(maxsize=1_000)
def _rules(
    id_: int,
    base: int,
    quote: int,
    base_scale: int,
    quote_scale: int,
    state: str,
    until: datetime | None,
    *others: Any,
) -> MarketRules:
    return MarketRules(
        id=id_,
        base=base,
        quote=quote,
        base_scale=base_scale,
        quote_scale=quote_scale,
        state=MarketState[state.upper()],
        until=pgcopy.timestamp(until) if until else 0,
        **dict(zip(_AS_IT_IS, others, strict=True)),
    )


class FeeTier(models.Model):
    """The rates of those who traded enough.

    volume_from  quote atoms traded in 30 days, in all markets of the same quote asset
    """

    market = models.ForeignKey(Market, models.PROTECT, related_name="tiers")
    volume_from = models.BigIntegerField()
    maker_ppm = models.PositiveIntegerField()
    taker_ppm = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["market", "volume_from"], name="one_tier_from_a_volume"
            ),
            models.CheckConstraint(
                condition=Q(
                    volume_from__gt=0, maker_ppm__lt=1_000_000, taker_ppm__lt=1_000_000
                ),
                name="tier_fees_below_one",
            ),
        ]


class UserVolume(models.Model):
    """What a user traded in the 30 days before `counted_at`, as maker and as taker.

    volume  atoms of the quote asset
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    volume = models.BigIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "asset"], name="one_volume_of_a_user")
        ]
