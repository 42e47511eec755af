"""Reads about trades: each user's side of them, and all of a market.

What a user traded stands in lists up to a cursor, and beyond it only in the trades
themselves (ADR 0018). Each query looks at both, so nothing is missing and nothing twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from kernel import pgcopy
from kernel.units import BIGINT_MAX
from orders.commands import SEQUENCE_BITS, OrderSide
from orders.models import Order, Trade

#: How many of a market's newest trades are looked through for an order's fills before its
#: user's list is.
RECENT_TRADES: Final = 500
#: Trades that are looked at at a time: on a walk, and at first.
_WALK: Final = 200
_NEAR: Final = 50
_END_OF_TIME: Final = pgcopy.timestamp(datetime.max.replace(tzinfo=UTC))


class FillKey(NamedTuple):
    """Where a fill stands among all fills of a user, compared from left to right.

    time  when it was settled, as kernel.pgcopy.timestamp
    """

    time: int
    trade: int
    taker: int


NEWEST_FILL: Final = FillKey(_END_OF_TIME, BIGINT_MAX, 1)


@dataclass(frozen=True, slots=True)
class Fill:
    """One user's side of a trade. Who trades with himself has two of one trade."""

    trade: Trade
    is_taker: bool

    @property
    def key(self) -> FillKey:
        time = pgcopy.timestamp(self.trade.created_at)
        return FillKey(time, self.trade.pk, int(self.is_taker))

    @property
    def order_id(self) -> int:
        trade = self.trade
        return trade.taker_order_id if self.is_taker else trade.maker_order_id

    @property
    def side(self) -> OrderSide:
        taker = OrderSide(self.trade.taker_side)
        return taker if self.is_taker else taker.other

    @property
    def fee(self) -> int:
        """Atoms of what this side received."""
        return self.trade.taker_fee if self.is_taker else self.trade.maker_fee


# Of a user -------------------------------------------------------------------------------


def fills_page(
    *, user_id: int, market_id: int | None, before: FillKey | None, limit: int
) -> list[Fill]:
    """The user's fills, the newest first: as they were settled, and of those that were
    settled in one moment by market and number."""
    key = before or NEWEST_FILL
    rows = Trade.objects.raw(
        _FILLS,
        {
            "user": user_id,
            "market": market_id,
            "time": pgcopy.moment(min(key.time, _END_OF_TIME)),
            "trade": key.trade,
            "taker": key.taker,
            "limit": limit,
            # The page may start between the two halves of a trade.
            "trades": limit + 1,
        },
    )
    return [Fill(row, is_taker=bool(vars(row)["taker"])) for row in rows]


# In each market first what no list has yet, then the lists from their end. OFFSET 0 keeps
# the look-up of a listed trade a look-up, whatever the planner makes of the numbers.
_FILLS = """
    SELECT t.*, half.taker FROM orders_market m
    LEFT JOIN orders_historycursor c ON c.name = 'fills:' || m.id
    CROSS JOIN LATERAL (
        (SELECT t.* FROM orders_trade t
         WHERE t.id > greatest(c.position, m.id << 40) AND t.id < m.id + 1 << 40
         AND (t.maker_user_id = %(user)s OR t.taker_user_id = %(user)s)
         AND (t.created_at, t.id) <= (%(time)s, %(trade)s)
         ORDER BY t.id DESC LIMIT %(trades)s)
        UNION ALL
        (SELECT t.* FROM orders_fillsofuser l CROSS JOIN unnest(l.ids) AS i(id)
         CROSS JOIN LATERAL (SELECT * FROM orders_trade WHERE id = i.id OFFSET 0) t
         WHERE l.user_id = %(user)s AND l.market_id = m.id AND l.since <= %(time)s
         AND (t.created_at, t.id) <= (%(time)s, %(trade)s)
         ORDER BY l.since DESC, l.first DESC, i.id DESC LIMIT %(trades)s)
    ) AS t
    CROSS JOIN LATERAL (
        SELECT 0 AS taker WHERE t.maker_user_id = %(user)s
        UNION ALL SELECT 1 WHERE t.taker_user_id = %(user)s
    ) AS half
    WHERE (m.id = %(market)s OR %(market)s::bigint IS NULL)
    AND (t.created_at, t.id, half.taker) < (%(time)s, %(trade)s, %(taker)s)
    ORDER BY t.created_at DESC, t.id DESC, half.taker DESC LIMIT %(limit)s
"""


# Of orders -------------------------------------------------------------------------------


def fills_of_order(order: Order) -> list[Fill]:
    """What made up `order.filled`, the oldest first.

    A fill that came after `order` was read is not part of it.
    """
    return fills_of_orders([order])[order.pk]


def fills_of_orders(orders: Sequence[Order]) -> dict[int, list[Fill]]:
    """What made up `filled` of each of these orders, the oldest first.

    Orders that were filled a moment ago, and most others, are found by one query for all
    of them. A fill that came after its order was read is not part of it.
    """
    found: dict[int, list[Fill]] = {order.pk: [] for order in orders}
    asked = [order for order in orders if order.filled]
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(FILLS_OF_ORDERS, questions(asked, RECENT_TRADES))
            for row in cursor.fetchall():
                found[row[0]].append(fill_of(row))
    for order in asked:
        if sum(fill.trade.quantity for fill in found[order.pk]) != order.filled:
            found[order.pk] = _walk(order)
    return found


def questions(orders: Sequence[Order], recent: int) -> list[Any]:
    """The parameters of FILLS_OF_ORDERS."""
    columns = zip(
        *((it.pk, it.market_id, it.user_id, it.filled, it.updated_at) for it in orders),
        strict=True,
    )
    return [*map(list, columns), recent]


def fill_of(row: Sequence[Any]) -> Fill:
    """A row of FILLS_OF_ORDERS."""
    trade = Trade.from_db("default", _TRADE, row[1:])
    return Fill(trade, is_taker=trade.taker_order_id == row[0])


def _walk(order: Order) -> list[Fill]:
    """Its user's fills in its market, from its last change back until they add up."""
    found: list[Fill] = []
    missing = order.filled
    before = FillKey(pgcopy.timestamp(order.updated_at), BIGINT_MAX, 1)
    while missing > 0:
        page = fills_page(
            user_id=order.user_id, market_id=order.market_id, before=before, limit=_WALK
        )
        for fill in page:
            if fill.order_id == order.pk:
                found.append(fill)
                missing -= fill.trade.quantity
        if len(page) < _WALK:
            break
        before = page[-1].key
    return found[::-1]


_TRADE: Final = [field.attname for field in Trade._meta.concrete_fields]
_COLUMNS: Final = ", ".join(f"t.{column}" for column in _TRADE)

#: The fills of many orders, by the order's id and the columns of a trade; the oldest first
#: of each order. Takes arrays (ids, markets, users, lots filled, times of the last change)
#: and how many of a market's newest trades to look through. What does not add up there is
#: looked for among a few of its user's listed trades, from the last change back, where the
#: last fill is the first to be met. If it still does not add up, the rest is further away.
FILLS_OF_ORDERS: Final = f"""
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                             %s::timestamptz[])
        AS asked (order_id, market_id, user_id, filled, updated_at)
    ), recent AS MATERIALIZED (
        SELECT asked.order_id, t.* FROM (SELECT DISTINCT market_id FROM asked) m
        CROSS JOIN LATERAL (
            SELECT * FROM orders_trade
            WHERE id > m.market_id << 40 AND id < m.market_id + 1 << 40
            ORDER BY id DESC LIMIT %s
        ) AS t
        CROSS JOIN LATERAL (VALUES (t.maker_order_id), (t.taker_order_id)) AS half (id)
        JOIN asked ON asked.order_id = half.id AND t.created_at <= asked.updated_at
    ), missing AS (
        SELECT asked.* FROM asked LEFT JOIN (
            SELECT order_id, sum(quantity) AS lots FROM recent GROUP BY order_id
        ) AS found USING (order_id) WHERE asked.filled > coalesce(found.lots, 0)
    ), listed AS (
        SELECT missing.order_id, t.* FROM missing CROSS JOIN LATERAL (
            SELECT t.* FROM orders_fillsofuser l CROSS JOIN unnest(l.ids) AS i(id)
            CROSS JOIN LATERAL (SELECT * FROM orders_trade WHERE id = i.id OFFSET 0) t
            WHERE l.user_id = missing.user_id AND l.market_id = missing.market_id
            AND l.since <= missing.updated_at AND t.created_at <= missing.updated_at
            ORDER BY l.since DESC, l.first DESC, i.id DESC LIMIT {_NEAR}
        ) AS t WHERE missing.order_id IN (t.maker_order_id, t.taker_order_id)
    )
    SELECT DISTINCT ON (t.id, t.order_id) t.order_id, {_COLUMNS}
    FROM (SELECT * FROM recent UNION ALL SELECT * FROM listed) AS t
    ORDER BY t.id, t.order_id
"""  # noqa: S608  own words only


# Of a market -----------------------------------------------------------------------------


def trades_in(*, market_id: int) -> QuerySet[Trade]:
    """The newest first."""
    first = market_id << SEQUENCE_BITS
    return Trade.objects.filter(id__gt=first, id__lt=first + (1 << SEQUENCE_BITS)).order_by(
        "-id"
    )
