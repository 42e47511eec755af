"""An engine as the database has it: the books are a cache, this is where it is filled."""

from collections.abc import Iterator
from typing import Any, Final

import psycopg
from django.db import connection
from psycopg.types.numeric import Int8BinaryLoader

from ledger.models import Account, AccountKind
from matching.book import BookOrder, new_order
from matching.engine import Engine
from matching.models import MarketSequence
from orders.commands import (
    PLAIN,
    SEQUENCE_BITS,
    Extra,
    OrderSide,
    OrderStatus,
    OrderType,
    Place,
)
from orders.models import Market, Order, Trade
from orders.selectors import fills_of_orders


def build_engine(*, shard: int, time: int) -> Engine:
    """The engine of a shard, with every live order where it stands.

    time  the engine's time, from the shard's Cursor
    """
    markets = Market.objects.select_related("base", "quote").filter(shard=shard)
    rules = {market.pk: market.rules for market in markets}
    sequences = MarketSequence.objects.in_bulk(list(rules))
    trades = {market_id: sequence.trades for market_id, sequence in sequences.items()}
    engine = Engine(
        markets=rules,
        fee_accounts=_fee_accounts(list(markets)),
        trades=trades,
        time=time,
        references={
            market_id: (sequence.reference, sequence.refresh)
            for market_id, sequence in sequences.items()
        },
        last_prices=_last_prices(trades),
    )
    for order in live_orders(shard=shard):
        engine.restore(order.market, order)
    engine.restored()
    return engine


def live_orders(*, shard: int) -> Iterator[BookOrder]:
    """Every live order of a shard by priority, with what the engine must know beside it."""
    extremes, received = _extremes(shard), _received(shard)
    for row in _rows(shard):
        rare = row[_RARE]
        extra = _extra(rare[_EXTRA:]) if rare else PLAIN
        # When it was placed stands in its record.
        order = new_order(Place._make((*row[:_FILLED], extra)), 0)
        order.filled_quote = row[_FILLED_QUOTE]
        if rare:
            (
                order.status, order.hidden, priority, order.trigger, order.cap,
                order.armed_trade, order.list_id,
            ) = (value or 0 for value in rare[:_EXTRA])  # fmt: skip
            order.moved = priority
            order.extreme = extremes.get(order.id, 0)
            order.received = received.get(order.list_id, 0)
        order.remaining = order.quantity - row[_FILLED] - order.hidden
        yield order


def _extra(values: list[int | None]) -> Extra:
    extra = Extra(*(value or 0 for value in values))
    return PLAIN if extra == PLAIN else extra


def _fee_accounts(markets: list[Market]) -> dict[int, tuple[int, int]]:
    """market id -> the house's (base, quote) fee accounts."""
    fees = {
        (account.label, account.asset_id): account.pk
        for account in Account.objects.filter(kind=AccountKind.FEES)
    }
    return {
        market.pk: (
            fees[market.symbol, market.base_id],
            fees[market.symbol, market.quote_id],
        )
        for market in markets
    }


def _last_prices(trades: dict[int, int]) -> dict[int, int]:
    """market id -> the price of its last trade, where there is one."""
    ids = [market << SEQUENCE_BITS | number for market, number in trades.items()]
    return dict(Trade.objects.filter(pk__in=ids).values_list("market_id", "price"))


def _rows(shard: int) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        cursor.adapters.register_loader("timestamptz", Int8BinaryLoader)
        cursor.execute(_LIVE_ORDERS, [shard], binary=True)
        return cursor.fetchall()


# As in selectors: first the fields of Place as they are now, then in one column what a
# plain order that rests does not have.
_FILLED, _FILLED_QUOTE, _RARE = 12, 13, 14
_EXTRA = 7
_LIVE_ORDERS: Final = """
SELECT o.id, o.market_id, o.user_id, o.side, o.type, c.time_in_force, c.self_trade,
       o.price, o.quantity, o.budget, o.maker_ppm, o.taker_ppm, o.filled, o.filled_quote,
       CASE WHEN o.status <> 1
              OR num_nonnulls(o.hidden, o.priority, o.trigger_price, o.cap, o.armed_trade,
                              o.list_id, c.post_only, c.trigger_price, c.trail,
                              c.trail_ppm, c.display, c.slippage_ppm, c.expires_at) > 0
       THEN ARRAY[o.status, o.hidden, o.priority, o.trigger_price, o.cap, o.armed_trade,
                  o.list_id, c.post_only, c.trigger_price, c.trail, c.trail_ppm, c.display,
                  c.slippage_ppm,
                  CASE WHEN isfinite(c.expires_at) THEN
                  (extract(epoch FROM c.expires_at) * 1000000)::bigint - 946684800000000
                  END]
       END
FROM orders_order o JOIN orders_market m ON m.id = o.market_id
JOIN orders_command c ON c.id = o.id
WHERE o.status IN (1, 5, 6) AND m.shard = %s
ORDER BY coalesce(o.priority, o.id << 20)
"""


def _extremes(shard: int) -> dict[int, int]:
    """Order id -> the best price traded since a trailing stop was armed, in ticks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT market_id FROM orders_order o "
            "JOIN orders_market m ON m.id = o.market_id "
            "WHERE o.status = %s AND o.type = %s AND o.armed_trade > 0 AND m.shard = %s",
            [OrderStatus.ARMED, OrderType.TRAILING_STOP, shard],
        )
        extremes: dict[int, int] = {}
        for (market_id,) in cursor.fetchall():
            cursor.execute(_EXTREMES, {"market": market_id})
            extremes |= dict(cursor.fetchall())
    return extremes


# The trades of a market are read backwards once, for all its trailing stops together.
_EXTREMES: Final = """
WITH armed AS (
    SELECT id, side, (market_id << 40) + armed_trade AS since FROM orders_order
    WHERE status = 5 AND type = 7 AND armed_trade > 0 AND market_id = %(market)s
), prices AS (
    SELECT id, max(price) OVER back AS highest, min(price) OVER back AS lowest
    FROM orders_trade
    WHERE id >= (SELECT min(since) FROM armed) AND id < (%(market)s::bigint + 1) << 40
    WINDOW back AS (ORDER BY id DESC)
)
SELECT armed.id, CASE armed.side WHEN 1 THEN lowest ELSE highest END
FROM armed JOIN prices ON prices.id = armed.since
"""


def _received(shard: int) -> dict[int, int]:
    """List id -> base atoms that the entry of a bracket brought, whose exits wait.

    Net of the fee in base that a buyer paid; what a seller sold, in full. An entry that
    brought nothing is left out.
    """
    entries = list(Order.objects.raw(_ENTRIES, [OrderStatus.WAITING, shard]))
    markets = Market.objects.in_bulk({entry.market_id for entry in entries})
    fills = fills_of_orders(entries)
    return {
        entry.pk: sum(
            fill.trade.quantity * markets[entry.market_id].lot_size
            - (fill.fee if entry.side == OrderSide.BUY else 0)
            for fill in fills[entry.pk]
        )
        for entry in entries
    }


_ENTRIES: Final = """
SELECT * FROM orders_order WHERE filled > 0 AND id IN (
    SELECT o.list_id FROM orders_order o JOIN orders_market m ON m.id = o.market_id
    WHERE o.status = %s AND m.shard = %s
)
"""
