"""What became of orders and markets: written by the engine only."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from orders.commands import (
    LIVE,
    SEQUENCE_BITS,
    EventKind,
    OrderSide,
    OrderStatus,
    OrderType,
    Reason,
    SelfTrade,
)
from orders.models.columns import choices, hot
from orders.models.log import Command
from orders.models.markets import Market


class Order(models.Model):
    """What became of a place command. Written by the engine only.

    price, quantity  as amended, slid or decremented since it was placed
    filled           lots
    filled_quote     quote atoms that its fills were worth

    What only some orders have; NULL for the others:

    hidden         lots that an iceberg does not show
    priority       its place in the queue of its price, if not the one that it was born
                   with, id × 2^20
    trigger_price  ticks
    cap            the worst price in ticks at which an order without a limit may trade
    armed_trade    the number of the market's last trade when a trailing stop was armed
    list_id        the id of the first order of its OCO or bracket

    self_trade     of a plain order, so that an engine can carry it on by its record alone;
                   NULL: what it asks for beyond this stands in its command
    """

    id = models.BigIntegerField(primary_key=True)
    market = hot(Market)
    user = hot(settings.AUTH_USER_MODEL)
    side = models.PositiveSmallIntegerField(choices=choices(OrderSide))
    type = models.PositiveSmallIntegerField(choices=choices(OrderType))
    price = models.BigIntegerField()
    quantity = models.BigIntegerField()
    budget = models.BigIntegerField()
    filled = models.BigIntegerField()
    filled_quote = models.BigIntegerField()
    status = models.PositiveSmallIntegerField(choices=choices(OrderStatus))
    reason = models.PositiveSmallIntegerField(choices=choices(Reason))
    maker_ppm = models.PositiveIntegerField()
    taker_ppm = models.PositiveIntegerField()
    hidden = models.BigIntegerField(null=True)
    priority = models.BigIntegerField(null=True)
    trigger_price = models.BigIntegerField(null=True)
    cap = models.BigIntegerField(null=True)
    armed_trade = models.BigIntegerField(null=True)
    list_id = models.BigIntegerField(null=True)
    self_trade = models.SmallIntegerField(choices=choices(SelfTrade), null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        # By user only what is live: the rest is in OrdersOfUser.
        indexes = [
            models.Index(
                fields=["market", "side", "price", "id"],
                condition=Q(status=OrderStatus.OPEN),
                name="order_open",
            ),
            models.Index(
                fields=["user", "-id"],
                condition=Q(status__in=sorted(LIVE)),
                name="order_live_by_user",
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
        """Lots that may still be filled."""
        return self.quantity - self.filled if self.status in LIVE else 0


class Trade(models.Model):
    """One match of a taker with a maker, at the maker's price. Append-only.

    id            its market and its gapless sequence in it: market × 2^40 + sequence
    quote_amount  quote atoms
    maker_fee, taker_fee  atoms of what each side received (buyer: base, seller: quote)
    auction       made in an auction: at its one price, and the older order is the maker
    """

    id = models.BigIntegerField(primary_key=True)
    market = hot(Market)
    price = models.BigIntegerField()
    quantity = models.BigIntegerField()
    quote_amount = models.BigIntegerField()
    taker_side = models.PositiveSmallIntegerField(choices=choices(OrderSide))
    maker_order = hot(Order)
    taker_order = hot(Order)
    maker_user = hot(settings.AUTH_USER_MODEL)
    taker_user = hot(settings.AUTH_USER_MODEL)
    maker_fee = models.BigIntegerField()
    taker_fee = models.BigIntegerField()
    auction = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gt=0, quantity__gt=0, quote_amount__gt=0),
                name="trade_is_positive",
            ),
        ]

    @property
    def sequence(self) -> int:
        """The trade's gapless number in its market, from 1."""
        return self.pk & (1 << SEQUENCE_BITS) - 1


class OrderEvent(models.Model):
    """A part of an order's story that its command, fills and end do not tell. Append-only.

    command        the id of the command that caused it, whoever sent it
    limit, actual  what was allowed and what was there; their units go with kind and reason
                   (docs/orders.md)
    """

    order = hot(Order)
    command = hot(Command)
    kind = models.PositiveSmallIntegerField(choices=choices(EventKind))
    reason = models.PositiveSmallIntegerField(choices=choices(Reason))
    limit = models.BigIntegerField()
    actual = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["order", "id"], name="event_by_order")]


class PreventedMatch(models.Model):
    """Two orders of one user that met and did not trade. Append-only.

    price, quantity  what would have been traded: the maker's ticks, and lots
    mode             the taker's
    """

    market = hot(Market)
    user = hot(settings.AUTH_USER_MODEL)
    taker_order = hot(Order)
    maker_order = hot(Order)
    price = models.BigIntegerField()
    quantity = models.BigIntegerField()
    mode = models.PositiveSmallIntegerField(choices=choices(SelfTrade))
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="prevented_by_user")]


class MarketChange(models.Model):
    """A market's state or settings changed. Append-only; written by the engine.

    user     who of the staff asked for it; NULL when the engine or the house did
    command  the id of the command that asked for it or set it off
    reason   in words, of the staff; or the name of a Reason
    """

    market = models.ForeignKey(Market, models.PROTECT, related_name="changes")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    command = hot(Command)
    state = models.CharField(max_length=12, choices=Market.State.choices)
    until = models.DateTimeField(null=True)
    settings = models.JSONField(default=dict)
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()
