"""The order book: price-time priority. It knows neither money nor the market's kind. Pure.

Prices are ranked so that both sides are one piece of code: the best rank is the largest,
`price` for bids and `-price` for asks, and sits at the end of a sorted list. Each level is
a queue of orders linked through the orders themselves, so that a cancel in the middle of
a long queue costs nothing extra. Every command costs O(log levels) at most, but for the
memmove of the sorted list when a level appears deep in the book.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator

from orders.commands import OrderSide, OrderStatus, Reason

# Plain integers: reading `.value` of an enum costs as much as matching an order.
BUY, SELL = OrderSide.BUY.value, OrderSide.SELL.value
OPEN, NO_REASON = OrderStatus.OPEN.value, Reason.NONE.value


class BookOrder:
    """An order as the engine works on it; its record in the database is written at the end.

    price, remaining  ticks, lots
    filled_quote      quote atoms of its fills
    hold              atoms of what it spends that are still set aside for it
    status, reason    see orders.commands
    level             the level that it rests in, None when it does not rest
    """

    __slots__ = (
        "after", "before", "budget", "created", "filled_quote", "hold", "id", "level",
        "maker_ppm", "price", "quantity", "reason", "remaining", "side", "status",
        "taker_ppm", "type", "user",
    )  # fmt: skip

    def __init__(
        self,
        id: int,  # noqa: A002  named as the column
        user: int,
        side: int,
        type: int,  # noqa: A002
        price: int,
        quantity: int,
        budget: int,
        maker_ppm: int,
        taker_ppm: int,
        created: int,
    ) -> None:
        self.id = id
        self.user = user
        self.side = side
        self.type = type
        self.price = price
        self.quantity = quantity
        self.budget = budget
        self.maker_ppm = maker_ppm
        self.taker_ppm = taker_ppm
        self.created = created
        self.remaining = quantity
        self.filled_quote = 0
        self.hold = 0
        self.status = OPEN
        self.reason = NO_REASON
        self.level: Level | None = None
        self.before: BookOrder | None = None
        self.after: BookOrder | None = None


class Level:
    """All orders of one side at one price, the oldest first. `lots` is their sum."""

    __slots__ = ("first", "last", "lots", "rank")

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self.lots = 0
        self.first: BookOrder | None = None
        self.last: BookOrder | None = None


class Half:
    """One side of the book: its levels by rank, and the ranks with the best at the end."""

    __slots__ = ("levels", "ranks")

    def __init__(self) -> None:
        self.levels: dict[int, Level] = {}
        self.ranks: list[int] = []

    def orders(self) -> Iterator[BookOrder]:
        """The best first, then the oldest."""
        for rank in reversed(self.ranks):
            order = self.levels[rank].first
            while order is not None:
                yield order
                order = order.after


class Book:
    """The open limit orders of one market."""

    __slots__ = ("asks", "bids", "orders")

    def __init__(self) -> None:
        self.bids = Half()
        self.asks = Half()
        self.orders: dict[int, BookOrder] = {}

    def half(self, side: int) -> Half:
        return self.bids if side == BUY else self.asks

    def best(self, side: int) -> int | None:
        """The best price of a side in ticks, None when the side is empty."""
        ranks = self.half(side).ranks
        if not ranks:
            return None
        return ranks[-1] if side == BUY else -ranks[-1]

    def lots_at(self, side: int, price: int) -> int:
        level = self.half(side).levels.get(price if side == BUY else -price)
        return level.lots if level else 0

    def rest(self, order: BookOrder) -> None:
        """Put an order at the end of the queue of its price."""
        half = self.bids if order.side == BUY else self.asks
        rank = order.price if order.side == BUY else -order.price
        level = half.levels.get(rank)
        if level is None:
            level = half.levels[rank] = Level(rank)
            insort(half.ranks, rank)
        order.level = level
        order.before = level.last
        if level.last is None:
            level.first = order
        else:
            level.last.after = order
        level.last = order
        level.lots += order.remaining
        self.orders[order.id] = order

    def remove(self, order: BookOrder) -> None:
        """Take a resting order out of the book, wherever it stands."""
        level = order.level
        assert level is not None
        level.lots -= order.remaining
        self._unlink(order, level)

    def take(self, side: int, limit: int | None, lots: int) -> list[tuple[BookOrder, int]]:
        """Match `lots` of an incoming order on `side` with the other side of the book.

        limit    the worst price in ticks that the taker accepts, None for any
        returns  (maker, lots) in the order of priority; makers' `remaining` is reduced and
                 makers that are used up have left the book
        """
        half = self.asks if side == BUY else self.bids
        ranks = half.ranks
        fills: list[tuple[BookOrder, int]] = []
        worst = None if limit is None else (-limit if side == BUY else limit)
        while lots and ranks and (worst is None or ranks[-1] >= worst):
            level = half.levels[ranks[-1]]
            maker = level.first
            while lots and maker is not None:
                matched = maker.remaining if maker.remaining <= lots else lots
                lots -= matched
                level.lots -= matched
                maker.remaining -= matched
                fills.append((maker, matched))
                next_maker = maker.after
                if not maker.remaining:
                    self._unlink(maker, level)
                maker = next_maker
        return fills

    def _unlink(self, order: BookOrder, level: Level) -> None:
        before, after = order.before, order.after
        if before is None:
            level.first = after
        else:
            before.after = after
        if after is None:
            level.last = before
        else:
            after.before = before
        order.level = order.before = order.after = None
        del self.orders[order.id]
        if level.first is None:
            half = self.bids if order.side == BUY else self.asks
            del half.levels[level.rank]
            if half.ranks[-1] == level.rank:
                half.ranks.pop()
            else:
                del half.ranks[bisect_left(half.ranks, level.rank)]

    def check(self) -> None:
        """Assert what must hold between any two commands; for tests and `audit`."""
        seen = 0
        for side, half in ((BUY, self.bids), (SELL, self.asks)):
            assert half.ranks == sorted(half.levels)
            for rank, level in half.levels.items():
                lots, before, order = 0, None, level.first
                assert order is not None
                while order is not None:
                    assert order.remaining > 0
                    assert order.side == side
                    assert order.level is level
                    assert order.before is before
                    assert rank == (order.price if side == BUY else -order.price)
                    assert before is None or before.id < order.id
                    lots, before, order = lots + order.remaining, order, order.after
                    seen += 1
                assert level.lots == lots
                assert level.last is before
        assert seen == len(self.orders)
        bid, ask = self.best(BUY), self.best(SELL)
        assert bid is None or ask is None or bid < ask
