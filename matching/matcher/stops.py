"""Orders that wait for a trigger: stops, take-profits, trailing stops. Pure.

An armed order stands in a half ranked by its trigger, a trailing one in `trailing`. Prices
touch them as they are traded; in the aftermath of a unit those touched are carried out one
after the other, which may touch more. Each order triggers once at most, so that ends.
"""

from typing import TYPE_CHECKING, Final

from matching.book import BUY, OPEN, SELL, BookOrder, Half
from matching.matcher import lists, taking
from matching.trailing import Trailing
from orders.commands import EventKind, OrderStatus, OrderType, Reason

if TYPE_CHECKING:
    from matching.matcher.placing import Matcher

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


def accept(matcher: "Matcher", order: BookOrder) -> None:
    """Arm an order that the market takes, if its funds are there."""
    if order.type == TRAILING_STOP and not matcher.last:
        matcher.reject(order, Reason.NO_LAST_PRICE)
        return
    prepare(matcher, order)
    if matcher.reserve(order):
        arm(matcher, order)


def prepare(matcher: "Matcher", order: BookOrder) -> None:
    """Set the trigger of an order that will be armed, and its cap."""
    if order.type == TRAILING_STOP:
        order.trigger = _first_trigger(matcher, order)
    else:
        order.trigger = order.extra.trigger
    if order.type not in WITH_LIMIT:
        order.cap = taking.cap_from(matcher, order.trigger, order)


def _first_trigger(matcher: "Matcher", order: BookOrder) -> int:
    last, extra = matcher.last, order.extra
    distance = extra.trail or -(-last * extra.trail_ppm // 1_000_000)
    if order.side == SELL:
        return max(1, last - distance)
    return min(matcher.rules.price_max, last + distance)


def arm(matcher: "Matcher", order: BookOrder) -> None:
    """Let an order that holds what it needs wait for its trigger."""
    order.status = ARMED
    matcher.book.enlist(order)
    matcher.outcome.orders[order.id] = order
    matcher.tell(order, EventKind.ARMED, limit=order.trigger, actual=matcher.last)
    if order.extra.expires:
        matcher.expire_later(order)
    rearm(matcher, order)


def rearm(matcher: "Matcher", order: BookOrder) -> None:
    """Put an armed order where it waits; one that the last price touches waits no more."""
    up = rises(order)
    met = matcher.last and (
        matcher.last >= order.trigger if up else matcher.last <= order.trigger
    )
    if met:
        _touched(matcher, matcher.up if up else matcher.down, order)
    elif order.type == TRAILING_STOP:
        order.armed_trade = matcher.trades
        matcher.trailing.add(order, matcher.last)
    else:
        half = matcher.book.rising if up else matcher.book.falling
        half.insert(order, order.trigger * half.sign)


def put_back(matcher: "Matcher", order: BookOrder) -> None:
    """An armed order, as it was recorded; see rearm."""
    matcher.book.enlist(order)
    if order.armed_trade:
        matcher.trailing.add(order, order.extreme)
    else:
        half = matcher.book.rising if rises(order) else matcher.book.falling
        half.insert(order, order.trigger * half.sign)


def rises(order: BookOrder) -> bool:
    """Whether it waits for a rise: stops to buy do, and take-profits to sell."""
    return (order.side == BUY) != (order.type in TAKE_PROFITS)


def touch(matcher: "Matcher", prices: list[int]) -> None:
    """Collect the armed orders that these trade prices touch, in the order they came."""
    book = matcher.book
    low, high = min(prices), max(prices)
    rising, falling = book.rising, book.falling
    while rising.ranks and -rising.ranks[-1] <= high:
        _move(rising, matcher.up)
        matcher.restless = True
    while falling.ranks and falling.ranks[-1] >= low:
        _move(falling, matcher.down)
        matcher.restless = True
    if matcher.trailing.orders:
        for price in prices:
            for order, trigger in matcher.trailing.seen(price):
                order.trigger, order.armed_trade, order.altered = trigger, 0, True
                _touched(matcher, matcher.up if rises(order) else matcher.down, order)
                matcher.outcome.orders[order.id] = order


def _touched(matcher: "Matcher", half: Half, order: BookOrder) -> None:
    half.insert(order, order.trigger * half.sign)
    matcher.restless = True


def _move(waiting: Half, touched: Half) -> None:
    rank = waiting.ranks[-1]
    for order in list(waiting.levels[rank].orders()):
        waiting.remove(order)
        touched.insert(order, rank)


def aftermath(matcher: "Matcher") -> None:
    """What a unit set off, one thing at a time, until nothing is left or the market is
    not open any more."""
    matcher.restless = False
    while matcher.is_open:
        if matcher.pending:
            lists.activate(matcher)
        elif matcher.up.ranks:
            _trigger(matcher, matcher.up)
        elif matcher.down.ranks:
            _trigger(matcher, matcher.down)
        else:
            return
    for touched, waiting in (
        (matcher.up, matcher.book.rising),
        (matcher.down, matcher.book.falling),
    ):
        while touched.ranks:
            _move(touched, waiting)


def _trigger(matcher: "Matcher", touched: Half) -> None:
    """The next touched order becomes a taker."""
    order = touched.levels[touched.ranks[-1]].first
    assert order is not None
    touched.remove(order)
    del matcher.book.live[order.user][order.id]
    matcher.tell(order, EventKind.TRIGGERED, limit=order.trigger, actual=matcher.last)
    if order.links is not None:
        lists.triggered(matcher, order)
    order.status, order.altered = OPEN, True
    order.moved = matcher.book.next_priority()
    if order.type in WITH_LIMIT:
        beyond = matcher.beyond_band(order.side, order.price)
        if beyond is not None and not matcher.cap(order, beyond):
            matcher.end(order, CANCELLED, Reason.PRICE_BAND, beyond, order.price)
            return
    elif order.type == TRAILING_STOP:
        order.cap = taking.cap_from(matcher, order.trigger, order)
    matcher.money.release(order)
    if order.type in WITH_LIMIT:
        matcher.enter(order)
    else:
        taking.without_limit(matcher, order)
