"""Orders that wait for a trigger: stops, take-profits, trailing stops. Pure.

An armed order stands in a half ranked by its trigger, a trailing one in `trailing`. Prices
touch them as they are traded; in the aftermath of a unit those touched are carried out one
after the other, which may touch more. Each order triggers once at most, so that ends.
"""

from typing import TYPE_CHECKING, Final

from matching import lists
from matching.book import BUY, OPEN, SELL, BookOrder, Half
from matching.trailing import Trailing
from orders.commands import EventKind, OrderStatus, OrderType, Reason

if TYPE_CHECKING:
    from matching.core import Core

ARMED, CANCELLED = OrderStatus.ARMED.value, OrderStatus.CANCELLED.value
TRAILING_STOP = OrderType.TRAILING_STOP.value
WITH_LIMIT: Final = frozenset(
    {OrderType.STOP_LIMIT.value, OrderType.TAKE_PROFIT_LIMIT.value}
)
TAKE_PROFITS: Final = frozenset(
    {OrderType.TAKE_PROFIT.value, OrderType.TAKE_PROFIT_LIMIT.value}
)


class TrailingStops:
    """The trailing stops of a market, by side and kind of distance.

    orders  by id
    """

    __slots__ = ("_kinds", "_price_max", "orders")

    def __init__(self, price_max: int) -> None:
        self._price_max = price_max
        self._kinds: dict[tuple[int, bool], Trailing] = {}
        self.orders: dict[int, BookOrder] = {}

    def add(self, order: BookOrder, extreme: int) -> None:
        """extreme  the best last price since it was armed, in ticks"""
        distance = order.extra.trail or order.extra.trail_ppm
        self._of(order).add(order.id, distance, extreme)
        self.orders[order.id] = order

    def remove(self, order: BookOrder) -> None:
        self._of(order).remove(order.id)
        del self.orders[order.id]

    def seen(self, price: int) -> list[tuple[BookOrder, int]]:
        """The orders that this trade price touches, with their triggers; they are out."""
        found = []
        for kind in self._kinds.values():
            if len(kind):
                for number, trigger in kind.seen(price):
                    found.append((self.orders.pop(number), trigger))
        return found

    def _of(self, order: BookOrder) -> Trailing:
        key = order.side, order.extra.trail > 0
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = Trailing(
                falls=order.side == SELL,
                relative=not order.extra.trail,
                price_max=self._price_max,
            )
        return kind


def accept(core: "Core", order: BookOrder) -> None:
    """Arm an order that the market takes, if its funds are there."""
    if order.type == TRAILING_STOP and not core.last:
        core.reject(order, Reason.NO_LAST_PRICE)
        return
    prepare(core, order)
    if core.reserve(order):
        arm(core, order)


def prepare(core: "Core", order: BookOrder) -> None:
    """Set the trigger of an order that will be armed, and its cap."""
    if order.type == TRAILING_STOP:
        order.trigger = _first_trigger(core, order)
    else:
        order.trigger = order.extra.trigger
    if order.type not in WITH_LIMIT:
        order.cap = core.cap_from(order.trigger, order)


def _first_trigger(core: "Core", order: BookOrder) -> int:
    last, extra = core.last, order.extra
    distance = extra.trail or -(-last * extra.trail_ppm // 1_000_000)
    if order.side == SELL:
        return max(1, last - distance)
    return min(core.rules.price_max, last + distance)


def arm(core: "Core", order: BookOrder) -> None:
    """Let an order that holds what it needs wait for its trigger."""
    order.status = ARMED
    core.book.enlist(order)
    core.outcome.orders[order.id] = order
    core.tell(order, EventKind.ARMED, limit=order.trigger, actual=core.last)
    if order.extra.expires:
        core.expire_later(order)
    rearm(core, order)


def rearm(core: "Core", order: BookOrder) -> None:
    """Put an armed order where it waits; one that the last price touches waits no more."""
    up = rises(order)
    met = core.last and (core.last >= order.trigger if up else core.last <= order.trigger)
    if met:
        _touched(core, core.up if up else core.down, order)
    elif order.type == TRAILING_STOP:
        order.armed_trade = core.trades
        core.trailing.add(order, core.last)
    else:
        half = core.book.rising if up else core.book.falling
        half.insert(order, order.trigger * half.sign)


def put_back(core: "Core", order: BookOrder) -> None:
    """An armed order, as it was recorded; see rearm."""
    core.book.enlist(order)
    if order.armed_trade:
        core.trailing.add(order, order.extreme)
    else:
        half = core.book.rising if rises(order) else core.book.falling
        half.insert(order, order.trigger * half.sign)


def rises(order: BookOrder) -> bool:
    """Whether it waits for a rise: stops to buy do, and take-profits to sell."""
    return (order.side == BUY) != (order.type in TAKE_PROFITS)


def touch(core: "Core", prices: list[int]) -> None:
    """Collect the armed orders that these trade prices touch, in the order they came."""
    book = core.book
    low, high = min(prices), max(prices)
    rising, falling = book.rising, book.falling
    while rising.ranks and -rising.ranks[-1] <= high:
        _move(rising, core.up)
        core.restless = True
    while falling.ranks and falling.ranks[-1] >= low:
        _move(falling, core.down)
        core.restless = True
    if core.trailing.orders:
        for price in prices:
            for order, trigger in core.trailing.seen(price):
                order.trigger, order.armed_trade, order.altered = trigger, 0, True
                _touched(core, core.up if rises(order) else core.down, order)
                core.outcome.orders[order.id] = order


def _touched(core: "Core", half: Half, order: BookOrder) -> None:
    half.insert(order, order.trigger * half.sign)
    core.restless = True


def _move(waiting: Half, touched: Half) -> None:
    rank = waiting.ranks[-1]
    for order in list(waiting.levels[rank].orders()):
        waiting.remove(order)
        touched.insert(order, rank)


def aftermath(core: "Core") -> None:
    """What a unit set off, one thing at a time, until nothing is left or the market is
    not open any more."""
    core.restless = False
    while core.is_open:
        if core.pending:
            lists.activate(core)
        elif core.up.ranks:
            _trigger(core, core.up)
        elif core.down.ranks:
            _trigger(core, core.down)
        else:
            return
    for touched, waiting in ((core.up, core.book.rising), (core.down, core.book.falling)):
        while touched.ranks:
            _move(touched, waiting)


def _trigger(core: "Core", touched: Half) -> None:
    """The next touched order becomes a taker."""
    order = touched.levels[touched.ranks[-1]].first
    assert order is not None
    touched.remove(order)
    del core.book.live[order.user][order.id]
    core.tell(order, EventKind.TRIGGERED, limit=order.trigger, actual=core.last)
    if order.links is not None:
        lists.triggered(core, order)
    order.status, order.altered = OPEN, True
    order.priority = core.book.next_priority()
    if order.type in WITH_LIMIT:
        beyond = core.beyond_band(order.side, order.price)
        if beyond is not None and not core.cap(order, beyond):
            core.end(order, CANCELLED, Reason.PRICE_BAND, beyond, order.price)
            return
    elif order.type == TRAILING_STOP:
        order.cap = core.cap_from(order.trigger, order)
    core.money.release(order)
    if order.type in WITH_LIMIT:
        core.enter(order)
    else:
        core.take_market(order)
