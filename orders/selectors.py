"""Reads about markets and orders, scoped by owner where there is one."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from orders.commands import SEQUENCE_BITS, CommandKind, OrderSide, OrderStatus
from orders.errors import UnknownMarket, UnknownOrder
from orders.models import Command, Market, Order, Trade


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What the user asked, and what became of it (None: the engine has not decided)."""

    command: Command
    record: Order | None

    @property
    def status(self) -> int | None:
        return self.record.status if self.record else None


def markets() -> QuerySet[Market]:
    return Market.objects.select_related("base", "quote").order_by("symbol")


def shards() -> list[int]:
    """The shards that have markets."""
    return sorted(set(Market.objects.values_list("shard", flat=True)))


def market_by_symbol(symbol: str) -> Market:
    """raises  UnknownMarket"""
    market = markets().filter(symbol=symbol).first()
    if market is None:
        raise UnknownMarket(market=symbol[:40])
    return market


def command_by_client_id(*, user_id: int, client_order_id: str) -> Command | None:
    return Command.objects.filter(user_id=user_id, client_order_id=client_order_id).first()


def order_of(*, user_id: int, order_id: int) -> PlacedOrder:
    """raises  UnknownOrder when there is none or it is somebody else's"""
    command = Command.objects.filter(
        pk=order_id, user_id=user_id, kind=CommandKind.PLACE
    ).first()
    if command is None:
        raise UnknownOrder(order_id=str(order_id))
    return PlacedOrder(command, Order.objects.filter(pk=order_id).first())


def placed_orders(*, user_id: int) -> QuerySet[Command]:
    """The user's place commands; join them with `records_of`."""
    return Command.objects.filter(user_id=user_id, kind=CommandKind.PLACE)


def orders_of(*, user_id: int) -> QuerySet[Order]:
    return Order.objects.filter(user_id=user_id)


def open_orders_of(*, user_id: int) -> QuerySet[Order]:
    return Order.objects.filter(user_id=user_id, status=OrderStatus.OPEN)


def client_ids_of(*, order_ids: list[int]) -> dict[int, str | None]:
    """The client order ids, which stay on the command log."""
    rows = Command.objects.filter(pk__in=order_ids)
    return dict(rows.values_list("id", "client_order_id"))


def trades_of(*, user_id: int) -> QuerySet[Trade]:
    return Trade.objects.filter(Q(maker_user_id=user_id) | Q(taker_user_id=user_id))


def trades_in(*, market_id: int) -> QuerySet[Trade]:
    """The newest first."""
    first = market_id << SEQUENCE_BITS
    return Trade.objects.filter(id__gt=first, id__lt=first + (1 << SEQUENCE_BITS)).order_by(
        "-id"
    )


def price_levels(*, market_id: int) -> list[tuple[int, int, int]]:
    """(side, price in ticks, lots resting there) of every level of a market's book."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT side, price, sum(quantity - filled)::bigint FROM orders_order "
            "WHERE market_id = %s AND status = %s "
            "GROUP BY side, price ORDER BY side, price",
            [market_id, OrderStatus.OPEN],
        )
        rows: list[tuple[int, int, int]] = cursor.fetchall()
    bids = [row for row in rows if row[0] == OrderSide.BUY]
    asks = [row for row in rows if row[0] == OrderSide.SELL]
    return bids[::-1] + asks
