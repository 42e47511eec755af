"""An engine as the database has it: the books are a cache, this is where it is filled."""

import struct
from collections import defaultdict
from collections.abc import Iterator
from operator import attrgetter
from typing import Any, Final

import psycopg
from django.db import connection

from kernel.database import ask
from ledger.models import Account, AccountKind
from matching.book import OPEN, BookOrder, new_order
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
    TimeInForce,
)
from orders.models import Market, Order, Trade
from orders.selectors import fills_of_orders

#: Where orders queue: market, side, price.
_Spot = tuple[int, int, int]


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
    _put_back(engine, shard)
    return engine


def _put_back(engine: Engine, shard: int) -> None:
    """Let every live order stand where it stood."""
    resting: dict[_Spot, list[BookOrder]] = defaultdict(list)
    for order in special_orders(shard=shard):
        if order.status == OPEN:
            resting[order.market, order.side, order.price].append(order)
        else:
            engine.restore(order.market, order)
    for where, queue in _plain_queues(shard):
        if where in resting:
            queue = sorted([*queue, *resting.pop(where)], key=attrgetter("priority"))
        engine.restore_queue(*where, queue)
    for where, queue in resting.items():
        engine.restore_queue(*where, queue)
    engine.restored()


def _plain_queues(shard: int) -> Iterator[tuple[_Spot, list[BookOrder]]]:
    """The plain orders that rest at each price.

    A million of them are read in a second or two, since the database packs each queue into
    one value, and goes on while we make orders of it.
    """
    limit, in_force = OrderType.LIMIT.value, TimeInForce.GTC.value
    for market, side, price, packed in _stream(_PLAIN_QUEUES, shard):
        queue = []
        for (
            number, user, self_trade, quantity, filled, filled_quote, maker_ppm, taker_ppm,
        ) in _PACKED.iter_unpack(packed):  # fmt: skip
            terms = (
                number, market, user, side, limit, in_force, self_trade, price, quantity, 0,
                maker_ppm, taker_ppm, PLAIN,
            )  # fmt: skip
            # When it was placed stands in its record.
            order = new_order(tuple.__new__(Place, terms), 0)
            order.remaining = quantity - filled
            order.filled_quote = filled_quote
            queue.append(order)
        yield (market, side, price), queue


def _stream(statement: str, shard: int) -> Iterator[tuple[Any, ...]]:
    """The rows while they come; nothing else may be asked until they have."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        yield from cursor.stream(statement, [shard], binary=True)


def special_orders(*, shard: int) -> Iterator[BookOrder]:
    """The other live orders by priority, with what only their commands tell, and what
    their trades do."""
    extremes, received = _extremes(shard), _received(shard)
    for row in ask(_SPECIAL_ORDERS, [shard]):
        rare, found = row[_RARE], row[_RARE + 1 :]
        extra = Extra(*(value or 0 for value in found))
        terms = (*row[:_FILLED], PLAIN if extra == PLAIN else extra)
        order = new_order(Place._make(terms), 0)
        order.filled_quote = row[_FILLED_QUOTE]
        (
            order.status, order.hidden, order.moved, order.trigger, order.cap,
            order.armed_trade, order.list_id,
        ) = (value or 0 for value in rare)  # fmt: skip
        order.extreme = extremes.get(order.id, 0)
        order.received = received.get(order.list_id, 0)
        order.remaining = order.quantity - row[_FILLED] - order.hidden
        yield order


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


#: Of a plain order whose place in the queue is the one that it was born with.
_IS_PLAIN: Final = """o.status = 1 AND o.self_trade IS NOT NULL AND num_nonnulls(
    o.hidden, o.priority, o.trigger_price, o.cap, o.armed_trade, o.list_id) = 0"""
_PACKED: Final = struct.Struct("!qqhqqqii")
_PLAIN_QUEUES: Final = f"""
SELECT o.market_id, o.side, o.price, string_agg(
    int8send(o.id) || int8send(o.user_id) || int2send(o.self_trade) || int8send(o.quantity)
    || int8send(o.filled) || int8send(o.filled_quote) || int4send(o.maker_ppm)
    || int4send(o.taker_ppm), ''::bytea ORDER BY o.id)
FROM orders_order o JOIN orders_market m ON m.id = o.market_id
WHERE m.shard = %s AND {_IS_PLAIN}
GROUP BY o.market_id, o.side, o.price
"""  # noqa: S608  our own words

# First the fields of Place as they are now, then what a plain order does not have.
_FILLED, _FILLED_QUOTE, _RARE = 12, 13, 14
_SPECIAL_ORDERS: Final = f"""
SELECT o.id, o.market_id, o.user_id, o.side, o.type, c.time_in_force, c.self_trade,
       o.price, o.quantity, o.budget, o.maker_ppm, o.taker_ppm, o.filled, o.filled_quote,
       ARRAY[o.status, o.hidden, o.priority, o.trigger_price, o.cap, o.armed_trade,
             o.list_id],
       c.post_only, c.trigger_price, c.trail, c.trail_ppm, c.display, c.slippage_ppm,
       CASE WHEN isfinite(c.expires_at) THEN c.expires_at END
FROM orders_order o JOIN orders_market m ON m.id = o.market_id
JOIN orders_command c ON c.id = o.id
WHERE o.status IN (1, 5, 6) AND m.shard = %s AND NOT ({_IS_PLAIN})
ORDER BY coalesce(o.priority, o.id << 20)
"""  # noqa: S608  our own words


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
