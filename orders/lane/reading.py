"""The fast lane's orders: one of mine with its fills, or a page of them.

What is asked while a query runs is the next query, for all who ask (kernel.batcher).
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from channels.db import database_sync_to_async
from django.db import Error
from django.http import QueryDict

from accounts.serializers import page_body, read_cursor
from kernel.batcher import Batcher
from kernel.errors import Busy, InvalidCursor
from kernel.lane import Answer, Request, encode
from kernel.units import BIGINT_MAX
from kernel.wire import Wire
from orders.models import Market, Order
from orders.selectors import (
    FILLS_OF_ORDERS,
    ORDERS_OF_USERS,
    RECENT_TRADES,
    Fill,
    PlacedOrder,
    fill_of,
    listed_order,
    markets_by_id,
    pages_query,
    placed_order,
    questions,
)
from orders.serializers import PENDING, OrdersQuery, order_and_fills_body, order_body

#: So many orders may be waited for; the next request is handed over, to wait with DRF.
WAITING_MAX: Final = 50_000
#: So many orders are read at a time, which keeps the event loop for some milliseconds.
TOGETHER_MAX: Final = 500
#: Longer queries are none of ours.
QUERY_MAX: Final = 200


class Shown:
    """The markets as far as orders show them: by symbol, steps and assets.

    A market keeps these for ever, so each is read once.
    """

    def __init__(self) -> None:
        self._by_id: Mapping[int, Market] = {}

    async def of(self, ids: Iterable[int]) -> Mapping[int, Market]:
        """At least these markets, as far as they exist."""
        if any(id_ not in self._by_id for id_ in ids):
            await self._read()
        return self._by_id

    async def named(self, symbol: str) -> Market | None:
        if not self._by_id:
            await self._read()
        return next((it for it in self._by_id.values() if it.symbol == symbol), None)

    async def _read(self) -> None:
        read = database_sync_to_async(markets_by_id, thread_sensitive=False)
        self._by_id = await read()


class OneOrder:
    """GET /orders/{id}."""

    def __init__(self, shown: Shown) -> None:
        self._shown, self._wire = shown, Wire()
        self._asked = Batcher(self._read, limit=WAITING_MAX, most=TOGETHER_MAX)

    async def __call__(self, request: Request) -> Answer | None:
        try:
            placed, fills = await self._asked.ask((request.user_id, request.number))
            if placed is None or not _add_up(placed, fills):
                return None
            markets = await self._shown.of([placed.command.market_id])
        except (Busy, Error):
            return None
        market = markets[placed.command.market_id]
        return Answer(200, encode(order_and_fills_body(placed, fills, market)))

    async def _read(
        self, asked: list[tuple[int, int]]
    ) -> list[tuple[PlacedOrder | None, list[Fill]]]:
        users = [user_id for user_id, _ in asked]
        ids = [order_id for _, order_id in asked]
        rows = await self._wire.fetch(ORDERS_OF_USERS, [ids, users])
        found = {it.command.pk: it for it in map(placed_order, rows)}
        fills = await self._fills([it.record for it in found.values() if it.record])
        return [
            (placed, fills.get(order_id, []))
            if (placed := found.get(order_id)) and placed.command.user_id == user_id
            else (None, [])
            for user_id, order_id in asked
        ]

    async def _fills(self, orders: list[Order]) -> dict[int, list[Fill]]:
        """What of their fills is found by one query."""
        found: dict[int, list[Fill]] = {}
        if filled := [order for order in orders if order.filled]:
            asked = questions(filled, RECENT_TRADES)
            for row in await self._wire.fetch(FILLS_OF_ORDERS, asked):
                found.setdefault(row[0], []).append(fill_of(row))
        return found


def _add_up(placed: PlacedOrder, fills: list[Fill]) -> bool:
    """Whether these are all fills of the order; the rest would be further away."""
    filled = placed.record.filled if placed.record else 0
    return sum(fill.trade.quantity for fill in fills) == filled


class Page(NamedTuple):
    """Which page of a user's orders is asked for.

    is_open  whether they may still trade; None: all
    market   its id; None: of all markets
    before   the id before which the page starts
    """

    is_open: bool | None
    user_id: int
    market: int | None
    before: int
    limit: int


class Orders:
    """GET /orders; those that the engine has not decided on are handed over."""

    def __init__(self, shown: Shown) -> None:
        self._shown, self._wire = shown, Wire()
        self._asked = Batcher(self._read, limit=WAITING_MAX, most=TOGETHER_MAX)

    async def __call__(self, request: Request) -> Answer | None:
        try:
            page = await self._page(request)
            if page is None:
                return None
            # One more than is shown tells whether there is a next page.
            rows = await self._asked.ask(page, weight=page.limit + 1)
            markets = await self._shown.of({row.command.market_id for row in rows})
        except (Busy, Error):
            return None
        rules = {market.pk: market.rules for market in markets.values()}
        body = page_body(
            rows,
            limit=page.limit,
            body=lambda row: order_body(
                row, markets[row.command.market_id], rules[row.command.market_id]
            ),
            key=lambda row: (row.command.pk,),
        )
        return Answer(200, encode(body))

    async def _page(self, request: Request) -> Page | None:
        asked = read_query(request.query)
        if asked is None:
            return None
        market = None
        if asked.market is not None:
            market = await self._shown.named(asked.market)
            if market is None:
                return None
        return Page(
            asked.is_open,
            request.user_id,
            market.pk if market else None,
            asked.before,
            asked.limit,
        )

    async def _read(self, pages: list[Page]) -> list[list[PlacedOrder]]:
        found: list[list[PlacedOrder]] = [[] for _ in pages]
        together: dict[str, list[int]] = {}
        for number, page in enumerate(pages):
            query = pages_query(is_open=page.is_open, market_id=page.market)
            together.setdefault(query, []).append(number)
        for query, numbers in together.items():
            columns = zip(*(pages[number][1:] for number in numbers), strict=True)
            users, markets, starts, limits = map(list, columns)
            asked = [users, markets, starts, [limit + 1 for limit in limits]]
            for row in await self._wire.fetch(query, asked):
                found[numbers[row[-1] - 1]].append(listed_order(row))
        return found


class Query(NamedTuple):
    """A query as it was read; `market` is a symbol."""

    is_open: bool | None
    market: str | None
    before: int
    limit: int


def read_query(query: bytes) -> Query | None:
    """What is asked for, or None where DRF may answer. The same few come all the time."""
    return _read_query(query) if len(query) <= QUERY_MAX and query.isascii() else None


@lru_cache(maxsize=1_000)
def _read_query(query: bytes) -> Query | None:
    form = OrdersQuery(data=QueryDict(query))
    if not form.is_valid() or form.validated_data["status"] == PENDING:
        return None
    asked = form.validated_data
    try:
        before = read_cursor(asked.get("cursor"), parts=1)
    except InvalidCursor:
        return None
    start = before[0] if before else BIGINT_MAX
    is_open = {"all": None, "open": True, "closed": False}[asked["status"]]
    return Query(is_open, asked.get("market"), start, asked["limit"])
