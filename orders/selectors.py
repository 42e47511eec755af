"""Reads about markets and orders, scoped by owner where there is one."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from kernel.units import BIGINT_MAX
from orders.commands import SEQUENCE_BITS, CommandKind, OrderSide, OrderStatus
from orders.errors import UnknownMarket, UnknownOrder
from orders.models import Command, Market, Order, Trade

#: How many of the newest commands are searched for those that wait for the engine.
PENDING_WINDOW: Final = 10_000
_WALK: Final = 200
_SYMBOL: Final = re.compile("[A-Z0-9]{1,12}-[A-Z0-9]{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What the user asked, and what became of it (None: the engine has not decided)."""

    command: Command
    record: Order | None

    @property
    def status(self) -> int | None:
        return self.record.status if self.record else None


class FillKey(NamedTuple):
    """Where a fill stands among all fills of a user, compared from left to right."""

    taker_order: int
    trade: int
    taker: int


NEWEST_FILL: Final = FillKey(BIGINT_MAX, BIGINT_MAX, 1)


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


def orders_page(
    *,
    user_id: int,
    market_id: int | None,
    is_open: bool | None,
    before: int | None,
    limit: int,
) -> list[PlacedOrder]:
    """The orders that the engine has decided on, the newest first.

    is_open  None for open and ended ones
    before   the id after which the page starts
    """
    rows = Order.objects.filter(user_id=user_id)
    if market_id is not None:
        rows = rows.filter(market_id=market_id)
    if is_open is not None:
        is_it = Q(status=OrderStatus.OPEN)
        rows = rows.filter(is_it if is_open else ~is_it)
    if before is not None:
        rows = rows.filter(id__lt=before)
    records = list(rows.order_by("-id")[:limit])
    commands = Command.objects.in_bulk([record.pk for record in records])
    return [PlacedOrder(commands[record.pk], record) for record in records]


def pending_page(
    *, user_id: int, market_id: int | None, before: int | None, limit: int
) -> list[PlacedOrder]:
    """The orders that the engine has not decided on, the newest first.

    Looked for among the last PENDING_WINDOW commands, since the log has no index by user.
    """
    newest = Command.objects.aggregate(id=Max("id"))["id"] or 0
    rows = Command.objects.filter(
        ~Exists(Order.objects.filter(pk=OuterRef("pk"))),
        id__gt=newest - PENDING_WINDOW,
        user_id=user_id,
        kind=CommandKind.PLACE,
    )
    if market_id is not None:
        rows = rows.filter(market_id=market_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [PlacedOrder(command, None) for command in rows.order_by("-id")[:limit]]


@dataclass(frozen=True, slots=True)
class Fill:
    """One user's side of a trade. Who trades with himself has two of one trade."""

    trade: Trade
    is_taker: bool

    @property
    def key(self) -> FillKey:
        return FillKey(self.trade.taker_order_id, self.trade.pk, int(self.is_taker))

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


def fills_page(
    *, user_id: int, market_id: int | None, before: FillKey | None, limit: int
) -> list[Fill]:
    """The user's fills, the newest first.

    Trades are numbered within their market; across markets they are put in order by the
    arrival of the order that took.
    """
    rows = Trade.objects.raw(
        _FILLS,
        {
            "user": user_id,
            "market": market_id,
            "limit": limit,
            **(before or NEWEST_FILL)._asdict(),
        },
    )
    return [Fill(row, is_taker=bool(vars(row)["taker"])) for row in rows]


def fills_of_order(order: Order) -> list[Fill]:
    """What made up `order.filled`, the oldest first.

    The hot table has no index by order, so the user's trades in the market are walked
    back from the newest until they add up. A fill that came after `order` was read is not
    part of it.
    """
    found: list[Fill] = []
    missing, before = order.filled, None
    while missing > 0:
        page = fills_page(
            user_id=order.user_id,
            market_id=order.market_id,
            before=before,
            limit=_WALK,
        )
        for fill in page:
            if fill.order_id == order.pk and fill.trade.created_at <= order.updated_at:
                found.append(fill)
                missing -= fill.trade.quantity
        if len(page) < _WALK:
            break
        before = page[-1].key
    return found[::-1]


# One index scan per market and side, each ended by its own LIMIT; the page's own market
# starts at the page's own trade.
_SIDE = """
    SELECT t.*, {taker} AS taker FROM orders_trade t
    WHERE t.{role}_user_id = %(user)s AND t.id > m.id << 40
    AND t.id <= CASE WHEN m.id = %(trade)s::bigint >> 40 THEN %(trade)s
                     ELSE m.id + 1 << 40 END
    AND (t.taker_order_id, t.id, {taker}) < (%(taker_order)s, %(trade)s, %(taker)s)
    ORDER BY t.id DESC LIMIT %(limit)s
"""
_FILLS = f"""
    SELECT side.* FROM orders_market m CROSS JOIN LATERAL (
        ({_SIDE.format(role="maker", taker=0)})
        UNION ALL
        ({_SIDE.format(role="taker", taker=1)})
    ) AS side
    WHERE m.id = %(market)s OR %(market)s::bigint IS NULL
    ORDER BY side.taker_order_id DESC, side.id DESC, side.taker DESC LIMIT %(limit)s
"""  # noqa: S608  own words only


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
