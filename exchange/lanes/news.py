"""What the engines decided, for all requests of this process that wait for it.

One reader follows the event log while there are orders, from where it stood before the
first of them was written. It is woken by the bell that the sockets hear too, and looks now
and then of itself, since a bell may be lost (ADR 0006).
"""

import asyncio
import logging
import time
from datetime import datetime
from typing import Any, Final

from django.db import Error

from kernel.units import Lots, Ticks
from kernel.wire import Wire
from marketdata.hub.bell import listen
from matching.events import Events, LoggedOrder, LoggedSpecial, LoggedTrade, decode
from orders.commands import SEQUENCE_BITS, EventKind
from orders.lane import Told, Venues, Waiting
from orders.models import Market, OrderRow, TradeRow

log = logging.getLogger(__name__)

#: While somebody waits the log is looked at this often at least.
LOOK_SECONDS: Final = 0.02
#: When nobody has waited for so long the reader rests; the next one lets it begin anew.
REST_SECONDS: Final = 5
RETRY_SECONDS: Final = 0.2
#: Events that answer a request to change or to cancel an order.
_ANSWERS: Final = frozenset(
    {
        EventKind.AMEND_REFUSED.value,
        EventKind.CANCEL_REFUSED.value,
        EventKind.PRICE_AMENDED.value,
        EventKind.QUANTITY_AMENDED.value,
        EventKind.TRIGGER_AMENDED.value,
    }
)


class News:
    """The reader of the event log for `waiting`."""

    def __init__(self, waiting: Waiting, venues: Venues) -> None:
        self._waiting, self._venues = waiting, venues
        self._wire = Wire()
        self._positions: dict[int, int] = {}
        self._rung = asyncio.Event()
        self._wanted = time.monotonic()
        self._begun: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Follow the log: whatever is written from now on will be told.

        raises  django.db.Error
        """
        self._wanted = time.monotonic()
        if self._reader is not None and not self._reader.done():
            return
        if self._begun is None or self._begun.done():
            self._begun = asyncio.create_task(self._begin())
        await asyncio.shield(self._begun)

    async def _begin(self) -> None:
        rows = await self._wire.fetch(_HEADS)
        self._positions = dict(rows)
        self._reader = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Follow until nobody has wanted to know for a while; never fail before."""
        ears = asyncio.create_task(self._listen())
        try:
            while self._waiting or time.monotonic() - self._wanted < REST_SECONDS:
                is_rung = await self._rung_or_due()
                if self._waiting or is_rung:
                    await self._look()
                self._waiting.expire()
        finally:
            ears.cancel()

    async def _listen(self) -> None:
        async for _ in listen():
            self._rung.set()

    async def _rung_or_due(self) -> bool:
        """Sleep until the bell rings, or for a moment; whether it rang."""
        alarm = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._rung.set)
        await self._rung.wait()
        is_due = alarm.when() <= asyncio.get_running_loop().time()
        alarm.cancel()
        self._rung.clear()
        return not is_due

    async def _look(self) -> None:
        reading = await self._venues.read()
        try:
            while reading and await self._read(reading.by_id):
                pass
        except Error as away:
            log.warning("the event log cannot be read: %s", away)
            await asyncio.sleep(RETRY_SECONDS)
        except Exception:  # whoever waits is told by the records when his time is over
            log.exception("a batch of the event log was passed over")

    async def _read(self, markets: dict[int, Market]) -> bool:
        """Tell what the log has; whether there may be more."""
        for market_id in markets.keys() - self._positions.keys():
            self._positions[market_id] = market_id << SEQUENCE_BITS
        rows = await self._wire.fetch(_NEWS, [list(self._positions.values())])
        for event_id, payload, at in rows:
            market_id = event_id >> SEQUENCE_BITS
            self._positions[market_id] = event_id
            events = decode(payload)
            if events.state is not None:
                self._venues.forget()
            if market_id in markets:
                self._tell(markets[market_id], events, at)
        return len(rows) >= _AT_A_TIME

    def _tell(self, market: Market, events: Events, at: datetime) -> None:
        awaited = [it for it in events.orders if self._waiting.is_awaited(it.id)]
        if not awaited:
            return
        ids = {order.id for order in awaited}
        trades = _trades_of(ids, market, events, at)
        special = {it.id: it for it in events.special if it.id in ids}
        answered = {it.order for it in events.events if it.kind in _ANSWERS}
        for order in awaited:
            rare = special.get(order.id)
            row = _row(market, order, rare, at)
            self._waiting.tell(Told(row, trades.get(order.id, ()), order.id in answered))


def _row(
    market: Market, order: LoggedOrder, rare: LoggedSpecial | None, at: datetime
) -> OrderRow:
    return OrderRow(
        order.id,
        market.pk,
        order.user,
        order.side,
        order.price,
        order.quantity,
        order.filled,
        order.filled_quote,
        order.status,
        order.reason,
        (rare.trigger or None) if rare else None,
        (rare.cap or None) if rare else None,
        at,
    )


def _trades_of(
    ids: set[int], market: Market, events: Events, at: datetime
) -> dict[int, list[TradeRow]]:
    """The trades of these orders, in the order of their numbers."""
    found: dict[int, list[TradeRow]] = {}
    notional, first = market.rules.notional, market.pk << SEQUENCE_BITS
    for trade in events.trades:
        sides = {trade.maker_order, trade.taker_order} & ids
        if not sides:
            continue
        row = _trade_row(
            trade, first, notional(Ticks(trade.price), Lots(trade.quantity)), at
        )
        for order_id in sides:
            found.setdefault(order_id, []).append(row)
    return found


def _trade_row(trade: LoggedTrade, first: int, worth: Any, at: datetime) -> TradeRow:
    return TradeRow(
        first + trade.sequence,
        trade.price,
        trade.quantity,
        worth,
        trade.taker_side,
        trade.maker_order,
        trade.taker_order,
        trade.maker_fee,
        trade.taker_fee,
        at,
    )


_AT_A_TIME: Final = 20
#: Where each market's log stands.
_HEADS: Final = f"""
    SELECT m.id, coalesce(
        (SELECT max(e.id) FROM matching_eventbatch e
         WHERE e.id >= m.id << {SEQUENCE_BITS} AND e.id < m.id + 1 << {SEQUENCE_BITS}),
        m.id << {SEQUENCE_BITS})
    FROM orders_market m
"""  # noqa: S608  own numbers only
_NEWS: Final = f"""
    SELECT e.id, e.payload, e.created_at FROM unnest(%s::bigint[]) AS p(head)
    CROSS JOIN LATERAL (
        SELECT * FROM matching_eventbatch it
        WHERE it.id > p.head
        AND it.id < (p.head >> {SEQUENCE_BITS}) + 1 << {SEQUENCE_BITS}
        ORDER BY it.id LIMIT {_AT_A_TIME}
    ) AS e
"""  # noqa: S608  own numbers only
