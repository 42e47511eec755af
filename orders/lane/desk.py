"""What the hot addresses of order entry work with, in one event loop."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, cast

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error

from kernel.batcher import Batcher
from kernel.errors import ExchangeError
from kernel.lane import Answer, Request, encode
from kernel.wire import Wire
from orders.commands import CommandKind, OrderStatus
from orders.lane.venues import Venues
from orders.lane.waiting import Told, Waiter, Waiting
from orders.models import Command, Market, NewCommand, Order, OrderRow, Trade, TradeRow
from orders.selectors import (
    ORDERS_OF_USERS,
    Fill,
    PlacedOrder,
    Standing,
    fills_of_order,
    placed_order,
    standings_of,
)
from orders.serializers import is_decided, order_and_fills_body, refusal_of
from orders.services import Intake

#: What a handle may meet before anything is written: DRF meets it again, and says so.
BEFORE: Final = (ExchangeError, Error)
#: Orders that may wait to be read, and how many are read at a time.
_READS_MAX, _READ_AT_ONCE = 10_000, 1_000


class Desk:
    """The log, the markets, the orders, and the news of this event loop.

    follow  begins to follow the event log, if nobody does; what is written from then on
            is told to `waiting`
    """

    def __init__(self) -> None:
        self.venues = Venues()
        self.waiting = Waiting()
        self.intake = Intake(Wire())
        self.follow: Callable[[], Awaitable[None]] = _nobody_follows
        self._wire = Wire()
        self._orders = Batcher(self._read_orders, limit=_READS_MAX, most=_READ_AT_ONCE)

    async def orders(
        self, *, user_id: int, order_ids: Sequence[int]
    ) -> dict[int, PlacedOrder]:
        """Those of these orders that are the user's; with what others ask for."""
        return await self._orders.ask((user_id, order_ids), weight=len(order_ids))

    async def _read_orders(
        self, asked: list[tuple[int, Sequence[int]]]
    ) -> list[dict[int, PlacedOrder]]:
        ids = [id_ for _, order_ids in asked for id_ in order_ids]
        users = [user_id for user_id, order_ids in asked for _ in order_ids]
        rows = await self._wire.fetch(ORDERS_OF_USERS, [ids, users])
        found = {placed.command.pk: placed for placed in map(placed_order, rows)}
        return [
            {
                id_: found[id_]
                for id_ in order_ids
                if id_ in found and found[id_].command.user_id == user_id
            }
            for user_id, order_ids in asked
        ]

    async def log(self, *, commands: Sequence[NewCommand], waiter: Waiter) -> bool:
        """Append commands of one request; `waiter` will hear of the orders they place.

        returns  False when a client order id is taken: nothing was written
        raises   Busy, and nothing was written; django.db.Error
        """

        def numbered() -> None:
            placed = [it.pk for it in commands if it.kind == CommandKind.PLACE]
            self.waiting.add(waiter, dict.fromkeys(placed, int(CommandKind.PLACE)))

        return await self.intake.append(commands=commands, numbered=numbered)


async def look(user_id: int, commands: Sequence[NewCommand]) -> list[Standing]:
    """How far commands have come, by the records.

    raises  django.db.Error
    """
    ask = database_sync_to_async(standings_of, thread_sensitive=False)
    found: list[Standing] = await ask(user_id=user_id, commands=commands)
    return found


async def look_fills(placed: PlacedOrder) -> list[Fill]:
    """What made up the order's `filled`, by the records.

    raises  django.db.Error
    """
    if placed.record is None or not placed.record.filled:
        return []
    ask = database_sync_to_async(fills_of_order, thread_sensitive=False)
    found: list[Fill] = await ask(placed.record)
    return found


def standing_told(command: NewCommand, placed: PlacedOrder, told: Told) -> Standing | None:
    """How far a command has come, by what a batch told; None when the records must say.

    A refusal has figures, and a change is one of several; their records know more.
    """
    status = told.order.status
    if command.kind == CommandKind.PLACE:
        is_plain = status != OrderStatus.REJECTED
    else:
        is_plain = command.kind == CommandKind.CANCEL and status == OrderStatus.CANCELLED
    if not is_plain:
        return None
    now = PlacedOrder(placed.command, as_order(told.order))
    return Standing(as_command(command), now, [])


def fills_told(told: Told) -> list[Fill]:
    """The fills of an order that one batch placed and told."""
    order_id = told.order.pk
    fills = [
        Fill(as_trade(trade), is_taker=is_taker)
        for trade in told.trades
        for is_taker, its in ((True, trade.taker_order_id), (False, trade.maker_order_id))
        if its == order_id
    ]
    return sorted(fills, key=lambda fill: fill.key) if len(fills) > 1 else fills


def answer_with(standing: Standing, fills: Sequence[Fill], market: Market) -> Answer:
    """The order with its fills: done, not decided yet, or (raised) refused."""
    body = order_and_fills_body(standing.placed, fills, market)
    if error := refusal_of(standing, market):
        error.extra["order"] = body
        raise error
    done = 201 if standing.command.kind == CommandKind.PLACE else 200
    return Answer(done if is_decided(standing) else 202, encode(body))


def wait_ms(request: Request) -> int:
    """How long this request waits for the engine."""
    return 0 if request.at_once else int(settings.ORDER_WAIT_MS)


# A row has the names and the meanings of its model, as far as it is read here.


def as_command(command: NewCommand) -> Command:
    return cast(Command, command)


def as_order(order: OrderRow) -> Order:
    return cast(Order, order)


def as_trade(trade: TradeRow) -> Trade:
    return cast(Trade, trade)


async def _nobody_follows() -> None:
    """No news: whoever waits for the engine waits until his time is over."""
