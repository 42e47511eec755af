"""Markets, the command log, and the records of orders and trades.

Command, Order and Trade are hot: no foreign keys in the database, few indexes (ADR 0003).
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kernel import clock
from ledger.models import Asset
from orders.commands import (
    SEQUENCE_BITS,
    CommandKind,
    OrderSide,
    OrderStatus,
    OrderType,
    Reason,
    TimeInForce,
)
from orders.rules import MarketRules


def _choices(enum: type) -> list[tuple[int, str]]:
    return [(member.value, member.name.lower()) for member in enum]  # type: ignore[attr-defined]


def _hot(to: str | type[models.Model]) -> "models.ForeignKey[models.Model, models.Model]":
    """A reference without a constraint or an index, for tables written by COPY."""
    return models.ForeignKey(
        to, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )


class Market(models.Model):
    """Where one asset is traded for another, in whole ticks and lots.

    tick_size   quote atoms per whole base unit, for one tick of price
    lot_size    base atoms in one lot
    tick_value  quote atoms of one tick times one lot: a whole number, or no such market
    """

    class State(models.TextChoices):
        OPEN = "open"
        HALTED = "halted"

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
    shard = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
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
        ]

    def __str__(self) -> str:
        return self.symbol

    @property
    def rules(self) -> MarketRules:
        """The market as pure code sees it; `base` and `quote` should be selected along."""
        return MarketRules(
            id=self.pk,
            symbol=self.symbol,
            base=self.base_id,
            quote=self.quote_id,
            base_scale=self.base.scale,
            quote_scale=self.quote.scale,
            is_open=self.state == self.State.OPEN,
            **{
                name: getattr(self, name)
                for name in (
                    "tick_size", "lot_size", "tick_value", "price_max", "quantity_min",
                    "quantity_max", "notional_min", "maker_ppm", "taker_ppm",
                )
            },
        )  # fmt: skip


class Command(models.Model):
    """What was asked of a market: the append-only input log of the engines.

    The id is the arrival: the database lets transactions insert one after the other, so
    that no lower id can appear behind a reader (ADR 0005). A place command's id is its
    order's id.
    """

    market = _hot(Market)
    shard = models.PositiveSmallIntegerField()
    kind = models.PositiveSmallIntegerField(choices=_choices(CommandKind))
    user = _hot(settings.AUTH_USER_MODEL)
    side = models.PositiveSmallIntegerField(choices=_choices(OrderSide), default=0)
    type = models.PositiveSmallIntegerField(choices=_choices(OrderType), default=0)
    time_in_force = models.PositiveSmallIntegerField(
        choices=_choices(TimeInForce), default=0
    )
    price = models.BigIntegerField(default=0)
    quantity = models.BigIntegerField(default=0)
    budget = models.BigIntegerField(default=0)
    order_id = models.BigIntegerField(default=0)
    client_order_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  unique if given
    maker_ppm = models.PositiveIntegerField(default=0)
    taker_ppm = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "client_order_id"],
                condition=Q(client_order_id__isnull=False),
                name="client_order_id_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(kind=CommandKind.CANCEL, order_id__gt=0)
                | Q(
                    kind=CommandKind.PLACE,
                    type=OrderType.LIMIT,
                    price__gt=0,
                    quantity__gt=0,
                    budget=0,
                )
                | Q(
                    kind=CommandKind.PLACE,
                    type=OrderType.MARKET,
                    side=OrderSide.SELL,
                    price=0,
                    quantity__gt=0,
                    budget=0,
                )
                | Q(
                    kind=CommandKind.PLACE,
                    type=OrderType.MARKET,
                    side=OrderSide.BUY,
                    price=0,
                    quantity=0,
                    budget__gt=0,
                ),
                name="command_has_its_shape",
            ),
        ]


class Order(models.Model):
    """What became of a place command. Written by the engine only.

    filled        lots
    filled_quote  quote atoms that its fills were worth
    """

    id = models.BigIntegerField(primary_key=True)
    market = _hot(Market)
    user = _hot(settings.AUTH_USER_MODEL)
    side = models.PositiveSmallIntegerField(choices=_choices(OrderSide))
    type = models.PositiveSmallIntegerField(choices=_choices(OrderType))
    price = models.BigIntegerField()
    quantity = models.BigIntegerField()
    budget = models.BigIntegerField()
    filled = models.BigIntegerField()
    filled_quote = models.BigIntegerField()
    status = models.PositiveSmallIntegerField(choices=_choices(OrderStatus))
    reason = models.PositiveSmallIntegerField(choices=_choices(Reason))
    maker_ppm = models.PositiveIntegerField()
    taker_ppm = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="order_by_user"),
            models.Index(
                fields=["market", "side", "price", "id"],
                condition=Q(status=OrderStatus.OPEN),
                name="order_open",
            ),
            models.Index(
                fields=["user", "-id"],
                condition=Q(status=OrderStatus.OPEN),
                name="order_open_by_user",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(filled__gte=0)
                & (Q(filled__lte=F("quantity")) | Q(budget__gt=0)),
                name="order_fills_within_quantity",
            ),
            models.CheckConstraint(
                condition=Q(filled_quote__gte=0)
                & (Q(budget=0) | Q(filled_quote__lte=F("budget"))),
                name="order_spends_within_budget",
            ),
        ]

    @property
    def remaining(self) -> int:
        """Lots still in the book."""
        return self.quantity - self.filled if self.status == OrderStatus.OPEN else 0


class Trade(models.Model):
    """One match of a taker with a maker, at the maker's price. Append-only.

    id            its market and its gapless sequence in it: market × 2^40 + sequence
    quote_amount  quote atoms
    maker_fee, taker_fee  atoms of what each side received (buyer: base, seller: quote)
    """

    id = models.BigIntegerField(primary_key=True)
    market = _hot(Market)
    price = models.BigIntegerField()
    quantity = models.BigIntegerField()
    quote_amount = models.BigIntegerField()
    taker_side = models.PositiveSmallIntegerField(choices=_choices(OrderSide))
    maker_order = _hot(Order)
    taker_order = _hot(Order)
    maker_user = _hot(settings.AUTH_USER_MODEL)
    taker_user = _hot(settings.AUTH_USER_MODEL)
    maker_fee = models.BigIntegerField()
    taker_fee = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gt=0, quantity__gt=0, quote_amount__gt=0),
                name="trade_is_positive",
            ),
        ]
        indexes = [
            models.Index(fields=["maker_user", "-id"], name="trade_by_maker"),
            models.Index(fields=["taker_user", "-id"], name="trade_by_taker"),
        ]

    @property
    def sequence(self) -> int:
        """The trade's gapless number in its market, from 1."""
        return self.pk & (1 << SEQUENCE_BITS) - 1
