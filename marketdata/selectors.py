"""What is read to show a market: its picture at one moment, its trades, its day.

Whoever follows the event log keeps its own position and asks for what came after it.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Max, Min, Sum

from kernel import pgcopy
from marketdata.errors import MarketNotInAuction
from marketdata.feed import (
    RECENT_TRADES,
    Batch,
    Indication,
    Level,
    Picture,
    Standing,
    Ticker,
    TradeSeen,
)
from matching.auction import auction_price
from matching.events import Events, decode
from matching.models import MarketSequence
from matching.selectors import event_sequence, events_after
from orders.commands import SEQUENCE_BITS, MarketState, OrderSide, OrderStatus
from orders.models import Command, Market, Trade
from orders.selectors import PlacedOrder, orders_page, price_levels, trades_in

BATCHES_MAX: Final = 500
OPEN_ORDERS_MAX: Final = 1_000
DAY: Final = timedelta(hours=24)
TICKER_AGE: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class News:
    """One batch of a market, with the place commands of the orders that were asked for."""

    market_id: int
    batch: Batch
    commands: dict[int, Command]


# Depth and trades -----------------------------------------------------------------------


def picture_of(market: Market) -> Picture:
    """A market's whole book and last trades, as they were at one event sequence."""
    with _one_moment():
        return Picture(
            market.rules,
            sequence=event_sequence(market_id=market.pk),
            standing=standing_of(Market.objects.get(pk=market.pk)),
            levels=price_levels(market_id=market.pk),
            trades=trades_page(market_id=market.pk, before=None, limit=RECENT_TRADES)[::-1],
        )


@dataclass(frozen=True, slots=True)
class Depth:
    """The best levels of each side at one event sequence, the best first."""

    sequence: int
    state: MarketState
    bids: list[Level]
    asks: list[Level]


def best_levels(*, market_id: int, limit: int) -> Depth:
    with _one_moment():
        return Depth(
            event_sequence(market_id=market_id),
            standing_of(Market.objects.get(pk=market_id)).state,
            _best(market_id, OrderSide.BUY, limit),
            _best(market_id, OrderSide.SELL, limit),
        )


def indication_of(*, market_id: int) -> Indication:
    """What the market's auction would do if it ended now.

    raises  MarketNotInAuction
    """
    with _one_moment():
        market = Market.objects.get(pk=market_id)
        if market.state != Market.State.AUCTION:
            raise MarketNotInAuction(state=market.state)
        row = MarketSequence.objects.filter(market_id=market_id).first()
        reference = row.reference if row else None
        bids, asks = _crossing(market_id)
    price, volume = auction_price(bids, asks, reference)
    demand = sum(lots for at, lots in bids if at >= price)
    supply = sum(lots for at, lots in asks if at <= price)
    return Indication(
        sequence=row.events if row else 0,
        price=price if volume else None,
        volume=volume,
        surplus=demand - supply if volume else 0,
        reference=reference,
        until=market.until,
    )


# Of each side only what reaches the best price of the other: all that could trade.
_CROSSING: Final = """
    WITH levels AS (
        SELECT side, price, sum(quantity - filled)::bigint AS lots FROM orders_order
        WHERE market_id = %(market)s AND status = %(open)s GROUP BY side, price
    )
    SELECT side, price, lots FROM levels,
        (SELECT min(price) FROM levels WHERE side = %(sell)s) AS ask (best),
        (SELECT max(price) FROM levels WHERE side = %(buy)s) AS bid (best)
    WHERE (side = %(buy)s AND price >= ask.best) OR (side = %(sell)s AND price <= bid.best)
"""


def _crossing(market_id: int) -> tuple[list[Level], list[Level]]:
    """(bids, asks) with all their lots, shown or hidden."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CROSSING,
            {
                "market": market_id,
                "open": OrderStatus.OPEN,
                "buy": OrderSide.BUY,
                "sell": OrderSide.SELL,
            },
        )
        rows = cursor.fetchall()
    bids = [(price, lots) for side, price, lots in rows if side == OrderSide.BUY]
    asks = [(price, lots) for side, price, lots in rows if side == OrderSide.SELL]
    return bids, asks


def standing_of(market: Market) -> Standing:
    return Standing(MarketState[market.state.upper()], market.until)


# It walks the index of open orders from the best price, and stops after the last level.
_BEST: Final = """
    SELECT price, sum(quantity - filled - coalesce(hidden, 0))::bigint FROM orders_order
    WHERE market_id = %s AND status = %s AND side = %s
    GROUP BY price ORDER BY price {direction} LIMIT %s
"""


def _best(market_id: int, side: OrderSide, limit: int) -> list[Level]:
    direction = "DESC" if side is OrderSide.BUY else "ASC"
    with connection.cursor() as cursor:
        cursor.execute(
            _BEST.format(direction=direction), [market_id, OrderStatus.OPEN, side, limit]
        )
        rows: list[Level] = cursor.fetchall()
    return rows


def trades_page(*, market_id: int, before: int | None, limit: int) -> list[TradeSeen]:
    """A market's trades, the newest first.

    before  the trade sequence after which the page starts
    """
    rows = trades_in(market_id=market_id)
    if before is not None:
        rows = rows.filter(id__lt=(market_id << SEQUENCE_BITS) + before)
    return [
        TradeSeen(
            row.sequence,
            row.price,
            row.quantity,
            row.taker_side,
            row.auction,
            row.created_at,
        )
        for row in rows[:limit]
    ]


# The log --------------------------------------------------------------------------------


def news_after(
    *, positions: Mapping[int, int], user_ids: Collection[int]
) -> tuple[list[News], bool]:
    """What happened in some markets since their positions, in each market's order.

    positions  market id -> the last event sequence that is known
    user_ids   whose orders are wanted with their commands
    returns    the news, and whether there is more to be read at once
    """
    heads = MarketSequence.objects.filter(market_id__in=positions)
    news: list[News] = []
    more = False
    for market_id, head in heads.values_list("market_id", "events"):
        if head == positions[market_id]:
            continue
        rows = events_after(
            market_id=market_id, sequence=positions[market_id], limit=BATCHES_MAX
        )
        more = more or len(rows) == BATCHES_MAX
        for row in rows:
            events = decode(row.payload)
            batch = Batch(row.sequence, row.created_at, events, _standing(events))
            news.append(News(market_id, batch, _commands(batch, user_ids)))
    return news, more


def _standing(events: Events) -> Standing | None:
    """What a batch set the market's state to; None when it did not."""
    if events.state is None:
        return None
    state, until = events.state
    return Standing(MarketState(state), pgcopy.moment(until) if until else None)


def _commands(batch: Batch, user_ids: Collection[int]) -> dict[int, Command]:
    wanted = [order.id for order in batch.events.orders if order.user in user_ids]
    return Command.objects.in_bulk(wanted) if wanted else {}


def open_orders_of(*, user_id: int, market_id: int) -> tuple[int, list[PlacedOrder]]:
    """(event sequence, the user's open orders then, the newest first)."""
    with _one_moment():
        orders = orders_page(
            user_id=user_id,
            market_id=market_id,
            is_open=True,
            before=None,
            limit=OPEN_ORDERS_MAX,
        )
        return event_sequence(market_id=market_id), orders


@contextmanager
def _one_moment() -> Iterator[None]:
    """Let all reads inside see one state of the database."""
    if connection.in_atomic_block:
        # What is seen was settled by whoever opened that transaction.
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


# The day --------------------------------------------------------------------------------

#: Market id -> its ticker. Counting one reads all trades of a day, so everybody in this
#: process shares it for a second.
_tickers: dict[int, tuple[datetime, Ticker]] = {}


def ticker_of(*, market_id: int, now: datetime) -> Ticker:
    """The market's last 24 hours, counted within the last second."""
    counted_at, ticker = _tickers.get(market_id, (None, None))
    if ticker is None or counted_at is None or abs(now - counted_at) >= TICKER_AGE:
        ticker = _count(market_id, now)
        _tickers[market_id] = (now, ticker)
    return ticker


def _count(market_id: int, now: datetime) -> Ticker:
    trades = trades_in(market_id=market_id)
    last = trades.first()
    if last is None:
        return Ticker(None, None, None, None, 0, 0, now)
    first = _first_since(now - DAY, last)
    if first is None:
        return Ticker(last.price, None, None, None, 0, 0, now)
    day = trades.order_by().filter(id__gte=first.pk, id__lte=last.pk)
    sums = day.aggregate(
        high=Max("price"),
        low=Min("price"),
        volume=Sum("quantity"),
        quote_volume=Sum("quote_amount"),
    )
    return Ticker(
        last=last.price,
        open=first.price,
        high=sums["high"],
        low=sums["low"],
        volume=int(sums["volume"]),
        quote_volume=int(sums["quote_volume"]),
        time=now,
    )


def _first_since(moment: datetime, last: Trade) -> Trade | None:
    """The first trade of a market at or after `moment`; None when `last` is older.

    Trades have no index by time, but times rise with the sequence: so it is found by
    halving, with some thirty look-ups by key.
    """
    if last.created_at < moment:
        return None
    market = last.market_id << SEQUENCE_BITS
    found, low, high = last, market + 1, last.pk
    while low < high:
        middle = Trade.objects.get(pk=(low + high) // 2)
        if middle.created_at < moment:
            low = middle.pk + 1
        else:
            found, high = middle, middle.pk
    return found
