"""Reads about markets."""

import re
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from orders.commands import OrderSide, OrderStatus
from orders.errors import UnknownMarket
from orders.models import FeeTier, Market, MarketChange

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


@dataclass(frozen=True, slots=True)
class MarketCase:
    """A market as the staff sees it; `changes` from the oldest to the newest."""

    market: Market
    changes: list[MarketChange]
    tiers: list[FeeTier]


def market_case(*, market_id: int, newest: int = 100) -> MarketCase:
    """A market with its `newest` changes and its fee tiers.

    raises  UnknownMarket
    """
    market = markets().filter(pk=market_id).first()
    if market is None:
        raise UnknownMarket(market=str(market_id))
    changes = MarketChange.objects.select_related("user").filter(market=market)
    tiers = FeeTier.objects.filter(market=market).order_by("volume_from")
    return MarketCase(market, list(changes.order_by("-id")[:newest])[::-1], list(tiers))


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
