"""The order book: price-time priority. It knows neither money nor the market's kind. Pure.

Prices are ranked so that both sides are one piece of code: the best rank is the largest,
`price` for bids and `-price` for asks, and sits at the end of a sorted list. Each level is
a queue of orders linked through the orders themselves, so that a cancel in the middle of
a long queue costs nothing extra. Every command costs O(log levels) at most, wherever its
level appears (ranks.py). Orders that wait for a trigger stand in halves of the same kind,
ranked by their triggers.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from matching.ranks import Ranks
from orders.commands import Extra, OrderSide, OrderStatus, Place, Reason

# Plain integers: reading `.value` of an enum costs as much as matching an order.
BUY, SELL = OrderSide.BUY.value, OrderSide.SELL.value
OPEN, NO_REASON = OrderStatus.OPEN.value, Reason.NONE.value
#: Priorities of what one command moves to the back of a queue fit between two commands.
PRIORITY_BITS = 20


class BookOrder:
    """An order as the engine works on it; its record in the database is written at the end.

    id … extra    as orders.commands.Place; price and quantity as amended, slid, capped or
                  decremented
    created       when its command came, as kernel.pgcopy.timestamp
    remaining     lots that can be matched now; of an iceberg in the book those it shows
    hidden        lots that an iceberg does not show
    filled_quote  quote atoms of its fills
    hold          atoms of what it spends that are still set aside for it
    status, reason  see orders.commands
    links         the OCO or bracket that it belongs to, None alone
    level         where it rests or is armed, None when it does not

    What few orders have; it costs the others nothing:

    moved         its priority, once it has moved to the back of a queue
    trigger       ticks, of an order that is armed or was
    cap           the worst price at which an order without a limit may trade, in ticks
    armed_trade   the number of the last trade when a trailing stop was armed; 0 once its
                  trigger is fixed
    extreme       the best price since then, and
    received      base atoms that a bracket's entry brought: for one that is put back
    altered       price, quantity, hidden, priority, trigger, cap or armed_trade are not as
                  recorded
    list_id       the id of its list, 0 alone
    """

    __slots__ = (
        "__dict__", "after", "before", "budget", "created", "extra", "filled_quote",
        "hidden", "hold", "id", "level", "links", "maker_ppm", "market", "price",
        "quantity", "reason", "remaining", "self_trade", "side", "status", "taker_ppm",
        "time_in_force", "type", "user",
    )  # fmt: skip

    id: int
    market: int
    user: int
    side: int
    type: int
    time_in_force: int
    self_trade: int
    price: int
    quantity: int
    budget: int
    maker_ppm: int
    taker_ppm: int
    extra: Extra
    created: int
    remaining: int
    hidden: int
    filled_quote: int
    hold: int
    status: int
    reason: int
    links: "OrderList | None"
    level: "Level | None"
    before: "BookOrder | None"
    after: "BookOrder | None"
    moved: int = 0
    trigger: int = 0
    cap: int = 0
    armed_trade: int = 0
    extreme: int = 0
    received: int = 0
    list_id: int = 0
    altered: bool = False

    @property
    def priority(self) -> int:
        """Its place in the queue of its price, or among those armed."""
        return self.moved or self.id << PRIORITY_BITS

    @property
    def filled(self) -> int:
        """Lots."""
        return self.quantity - self.remaining - self.hidden

    @property
    def rest(self) -> int:
        """Lots that may still be filled, shown or not."""
        return self.remaining + self.hidden


def new_order(command: Place, created: int) -> BookOrder:
    """The order that a command asks for, nowhere yet; cheaper than an `__init__`."""
    order = BookOrder()
    (
        order.id, order.market, order.user, order.side, order.type, order.time_in_force,
        order.self_trade, order.price, order.quantity, order.budget, order.maker_ppm,
        order.taker_ppm, order.extra,
    ) = command  # fmt: skip
    order.created = created
    order.remaining = order.quantity
    order.hidden = order.filled_quote = order.hold = 0
    order.status, order.reason = OPEN, NO_REASON
    order.links = order.level = order.before = order.after = None
    return order


class OrderList:
    """An OCO or a bracket.

    entry        of a bracket; None once it has ended, and in an OCO
    limit, stop  the legs
    received     base atoms that the entry's fills brought, net of fees; of an entry that
                 sells, those that it sold
    """

    __slots__ = ("entry", "id", "limit", "received", "stop")

    def __init__(
        self, number: int, entry: BookOrder | None, limit: BookOrder, stop: BookOrder
    ) -> None:
        self.id = number
        self.entry = entry
        self.limit = limit
        self.stop = stop
        self.received = 0
        for order in (entry, limit, stop):
            if order is not None:
                order.list_id, order.links = number, self

    def other(self, leg: BookOrder) -> BookOrder:
        return self.stop if leg is self.limit else self.limit


class Level:
    """All orders of one half at one rank, the oldest first. `lots` is what they show,
    `hidden` what they do not."""

    __slots__ = ("first", "half", "hidden", "last", "lots", "rank")

    def __init__(self, half: "Half", rank: int) -> None:
        self.half = half
        self.rank = rank
        self.lots = self.hidden = 0
        self.first: BookOrder | None = None
        self.last: BookOrder | None = None

    def fill(self, orders: Iterable[BookOrder]) -> None:
        """Let orders queue up in this order, where nobody stands yet."""
        last = None
        for order in orders:
            order.level, order.before = self, last
            if last is None:
                self.first = order
            else:
                last.after = order
            self.lots += order.remaining
            self.hidden += order.hidden
            last = order
        self.last = last

    def orders(self) -> Iterator[BookOrder]:
        order = self.first
        while order is not None:
            yield order
            order = order.after


class Half:
    """One side of the book: its levels by rank, and the ranks in order.

    sign       a price times this is its rank
    ranks      the best ranks, the very best at the end; empty only when the half is
    all_ranks  these and the others, ascending
    """

    __slots__ = ("all_ranks", "levels", "ranks", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.levels: dict[int, Level] = {}
        self.all_ranks = Ranks()
        self.ranks = self.all_ranks.near

    def orders(self) -> Iterator[BookOrder]:
        """The best first, then the oldest."""
        for rank in reversed(self.all_ranks):
            yield from self.levels[rank].orders()

    def best(self) -> int | None:
        """The best price in ticks, None when there is none."""
        return self.ranks[-1] * self.sign if self.ranks else None

    def add(self, order: BookOrder, rank: int) -> None:
        """Put an order at the end of the queue of its rank."""
        level = self.levels.get(rank)
        if level is None:
            level = self.levels[rank] = Level(self, rank)
            self.all_ranks.add(rank)
            level.first = order
        else:
            last = order.before = level.last
            last.after = order  # type: ignore[union-attr]  # a level is never empty
        order.level = level
        level.last = order
        level.lots += order.remaining
        if order.hidden:
            level.hidden += order.hidden

    def insert(self, order: BookOrder, rank: int) -> None:
        """Put an order where its priority says, in the queue of its rank."""
        self.add(order, rank)
        while order.before is not None and order.before.priority > order.priority:
            _swap_forward(order)

    def remove(self, order: BookOrder) -> None:
        """Take an order out, wherever it stands; a level that is empty goes too."""
        level = order.level
        assert level is not None
        level.lots -= order.remaining
        level.hidden -= order.hidden
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
        if level.first is None:
            self._close(level)

    def shift(self, level: Level, order: BookOrder) -> None:
        """Take out the first order of a level, which shows and hides nothing any more."""
        after = level.first = order.after
        order.level = order.after = None
        if after is None:
            self._close(level)
        else:
            after.before = None

    def _close(self, level: Level) -> None:
        del self.levels[level.rank]
        self.all_ranks.remove(level.rank)


def _swap_forward(order: BookOrder) -> None:
    """Let an order overtake the one before it."""
    level, front, behind = order.level, order.before, order.after
    assert level is not None
    assert front is not None
    order.before, order.after = front.before, front
    front.before, front.after = order, behind
    if order.before is None:
        level.first = order
    else:
        order.before.after = order
    if behind is None:
        level.last = front
    else:
        behind.before = front


class Book:
    """The live orders of one market.

    bids, asks      those that rest, ranked by price
    rising, falling  those armed for a rise and for a fall, ranked by trigger
    live            user -> order id -> order, wherever it stands
    command         the id of the command at work
    stamp           the last priority given to an order that moved to the back of a queue
    """

    __slots__ = ("asks", "bids", "command", "falling", "live", "rising", "stamp")

    def __init__(self) -> None:
        self.bids = Half(1)
        self.asks = Half(-1)
        self.rising = Half(-1)
        self.falling = Half(1)
        self.live = defaultdict[int, dict[int, BookOrder]](dict)
        self.command = self.stamp = 0

    def half(self, side: int) -> Half:
        return self.bids if side == BUY else self.asks

    def best(self, side: int) -> int | None:
        """The best price of a side in ticks, None when the side is empty."""
        return self.half(side).best()

    def lots_at(self, side: int, price: int) -> int:
        """Lots shown at a price."""
        level = self.half(side).levels.get(price if side == BUY else -price)
        return level.lots if level else 0

    def crossed(self) -> bool:
        bid, ask = self.bids.best(), self.asks.best()
        return bid is not None and ask is not None and bid >= ask

    def enlist(self, order: BookOrder) -> None:
        """Note an order as live."""
        self.live[order.user][order.id] = order

    def rest(self, order: BookOrder) -> None:
        """Put an order at the end of the queue of its price."""
        if order.side == BUY:
            self.bids.add(order, order.price)
        else:
            self.asks.add(order, -order.price)
        self.live[order.user][order.id] = order

    def put_back(self, side: int, price: int, queue: Sequence[BookOrder]) -> None:
        """Let the orders rest that rested at a price, by priority, after a restart."""
        half = self.half(side)
        rank = price * half.sign
        level = half.levels[rank] = Level(half, rank)
        half.all_ranks.add(rank)
        level.fill(queue)
        live = self.live
        for order in queue:
            live[order.user][order.id] = order

    def remove(self, order: BookOrder) -> None:
        """An order is live no more; it leaves the queue that it stands in."""
        if order.level:
            order.level.half.remove(order)
        del self.live[order.user][order.id]

    def next_priority(self) -> int:
        """Behind all that was given before, and before what later commands get."""
        self.stamp = max(self.stamp, self.command << PRIORITY_BITS) + 1
        return self.stamp

    def take(
        self, half: Half, worst: int, lots: int, stranger_to: int
    ) -> list[tuple[BookOrder, int]]:
        """Match `lots` of an incoming order with a half of the book.

        worst        the rank of the worst price that the taker accepts
        stranger_to  the user whose orders are not traded with: matching stops in front of
                     them; 0 for nobody
        returns      (maker, lots) in the order of priority; makers' `remaining` is reduced
                     and makers that are used up have left the book
        """
        ranks, levels = half.ranks, half.levels
        fills: list[tuple[BookOrder, int]] = []
        while lots and ranks and ranks[-1] >= worst:
            level = levels[ranks[-1]]
            maker: BookOrder = level.first  # type: ignore[assignment]  # never empty
            if maker.user == stranger_to:
                break
            matched = maker.remaining if maker.remaining <= lots else lots
            lots -= matched
            maker.remaining -= matched
            level.lots -= matched
            fills.append((maker, matched))
            if maker.remaining:
                break
            if maker.hidden:
                self._show_more(maker, level)
            else:
                half.shift(level, maker)
                del self.live[maker.user][maker.id]
        return fills

    def _show_more(self, iceberg: BookOrder, level: Level) -> None:
        """The next part of an iceberg goes to the back of the queue."""
        half, rank = level.half, level.rank
        half.remove(iceberg)
        iceberg.moved = self.next_priority()
        show(iceberg, iceberg.hidden)
        half.add(iceberg, rank)


def show(order: BookOrder, rest: int) -> None:
    """Divide what is left of an order into what it shows and what it hides."""
    display = order.extra.display
    order.remaining = display if 0 < display < rest else rest
    hidden = rest - order.remaining
    if display:
        order.hidden, order.altered = hidden, True
