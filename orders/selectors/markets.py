"""Reads about markets."""

import re
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from orders.commands import OrderSide, OrderStatus
from orders.errors import UnknownMarket
from orders.models import Market

_SYMBOL: Final = re.compile("[A-Z0-9]{1,12}-[A-Z0-9]{1,12}", re.ASCII)


def markets() -> QuerySet[Market]:
    return Market.objects.select_related("base", "quote").order_by("symbol")


def shards() -> list[int]:
    """The shards that have markets."""
    return sorted(set(Market.objects.values_list("shard", flat=True)))


def market_by_symbol(symbol: str) -> Market:
    """raises  UnknownMarket"""
    market = markets().filter(symbol=symbol).first() if _SYMBOL.fullmatch(symbol) else None
    if market is None:
        raise UnknownMarket(market=symbol[:40])
    return market


def markets_by_id() -> dict[int, Market]:
    return {market.pk: market for market in markets()}


def price_levels(*, market_id: int) -> list[tuple[int, int, int]]:
    """(side, price in ticks, lots shown there) of every level of a market's book."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT side, price, sum(quantity - filled - coalesce(hidden, 0))::bigint "
            "FROM orders_order WHERE market_id = %s AND status = %s "
            "GROUP BY side, price ORDER BY side, price",
            [market_id, OrderStatus.OPEN],
        )
        rows: list[tuple[int, int, int]] = cursor.fetchall()
    bids = [row for row in rows if row[0] == OrderSide.BUY]
    asks = [row for row in rows if row[0] == OrderSide.SELL]
    return bids[::-1] + asks
