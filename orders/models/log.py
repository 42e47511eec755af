"""The command log, and the switches that write to it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from orders.commands import (
    CommandKind,
    OrderSide,
    OrderType,
    PostOnly,
    SelfTrade,
    TimeInForce,
    UnitKind,
)
from orders.models.columns import choices, hot
from orders.models.markets import Market

_BY_QUANTITY = Q(quantity__gt=0, budget=0)
_BY_BUDGET = Q(quantity=0, budget__gt=0)
# A CHECK is content with NULL, and NULL > 0 is NULL; so what must be there is said twice.
_TRAIL = Q(trail__isnull=False, trail__gt=0)
_TRAIL_PPM = Q(trail_ppm__isnull=False, trail_ppm__gt=0)
_AT_ONCE = Q(trigger_price__isnull=True)
_TRIGGERED = Q(trigger_price__isnull=False, trigger_price__gt=0)
_ORDER_SHAPES = (
    (Q(type=OrderType.LIMIT, price__gt=0) & _AT_ONCE & _BY_QUANTITY)
    | (Q(type=OrderType.MARKET, price=0) & _AT_ONCE & (_BY_QUANTITY | _BY_BUDGET))
    | (
        Q(type__in=[OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT], price__gt=0)
        & _TRIGGERED
        & _BY_QUANTITY
    )
    | (
        Q(type__in=[OrderType.STOP, OrderType.TAKE_PROFIT], price=0)
        & _TRIGGERED
        & (_BY_QUANTITY | (_BY_BUDGET & Q(side=OrderSide.BUY)))
    )
    | (
        Q(type=OrderType.TRAILING_STOP, price=0)
        & _AT_ONCE
        & _BY_QUANTITY
        & ((_TRAIL & Q(trail_ppm__isnull=True)) | (Q(trail__isnull=True) & _TRAIL_PPM))
    )
)


class Command(models.Model):
    """What was asked of a market: the append-only input log of the engines.

    The id is the arrival: the database lets transactions insert one after the other, so
    that no lower id can appear behind a reader (ADR 0005). A place command's id is its
    order's id.

    unit, position, follow  the kind of the unit that the command stands in, its place in it
                            from 0, and how many of it follow; NULL when it stands alone
    settings                of a Configure: the new values, and `reason` in words
    """

    market = hot(Market)
    shard = models.PositiveSmallIntegerField()
    kind = models.PositiveSmallIntegerField(choices=choices(CommandKind))
    user = hot(settings.AUTH_USER_MODEL)
    side = models.PositiveSmallIntegerField(choices=choices(OrderSide), default=0)
    type = models.PositiveSmallIntegerField(choices=choices(OrderType), default=0)
    time_in_force = models.PositiveSmallIntegerField(
        choices=choices(TimeInForce), default=0
    )
    price = models.BigIntegerField(default=0)
    quantity = models.BigIntegerField(default=0)
    budget = models.BigIntegerField(default=0)
    order_id = models.BigIntegerField(default=0)
    client_order_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  unique if given
    maker_ppm = models.PositiveIntegerField(default=0)
    taker_ppm = models.PositiveIntegerField(default=0)
    self_trade = models.PositiveSmallIntegerField(
        choices=choices(SelfTrade), default=SelfTrade.NONE, db_default=1
    )
    post_only = models.PositiveSmallIntegerField(choices=choices(PostOnly), null=True)
    trigger_price = models.BigIntegerField(null=True)
    trail = models.BigIntegerField(null=True)
    trail_ppm = models.PositiveIntegerField(null=True)
    display = models.BigIntegerField(null=True)
    slippage_ppm = models.PositiveIntegerField(null=True)
    expires_at = models.DateTimeField(null=True)
    unit = models.PositiveSmallIntegerField(choices=choices(UnitKind), null=True)
    position = models.PositiveSmallIntegerField(null=True)
    follow = models.PositiveSmallIntegerField(null=True)
    settings = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        # Few commands expire; the others cost this index nothing.
        indexes = [
            models.Index(
                fields=["shard", "expires_at"],
                condition=Q(expires_at__isnull=False),
                name="command_by_expiry",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "client_order_id"],
                condition=Q(client_order_id__isnull=False),
                name="client_order_id_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(kind=CommandKind.CANCEL, order_id__gt=0)
                | (
                    Q(kind=CommandKind.AMEND, order_id__gt=0)
                    & (Q(price__gt=0) | Q(quantity__gt=0) | _TRIGGERED)
                )
                | Q(kind=CommandKind.CANCEL_ALL, order_id=0, side__in=[0, 1, 2])
                | Q(kind=CommandKind.CONFIGURE, settings__isnull=False)
                | Q(kind=CommandKind.CLOCK, order_id=0)
                | (Q(kind=CommandKind.PLACE, side__in=[1, 2]) & _ORDER_SHAPES),
                name="command_has_its_shape",
            ),
            models.CheckConstraint(
                condition=~Q(kind=CommandKind.PLACE)
                | Q(time_in_force=TimeInForce.GTD, expires_at__isnull=False)
                | (~Q(time_in_force=TimeInForce.GTD) & Q(expires_at__isnull=True)),
                name="command_expires_if_it_says_so",
            ),
        ]


class ShardClock(models.Model):
    """How far a shard has been told the time, by Clock commands.

    told    the time of its last Clock command; NULL before the first
    looked  whatever falls due up to then has been looked at; NULL before the first look
    """

    shard = models.PositiveSmallIntegerField(primary_key=True)
    told = models.DateTimeField(null=True)
    looked = models.DateTimeField(null=True)


class CancelAfter(models.Model):
    """A dead man's switch: when its time has come, all orders of its user are cancelled.

    source  "" for the switch of `POST /orders/cancel-after`, or a socket that asked for
            cancel-on-disconnect
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    source = models.CharField(max_length=64, blank=True, default="")
    deadline = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "source"], name="one_switch_of_a_source"
            )
        ]
