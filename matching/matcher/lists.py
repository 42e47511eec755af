"""Orders that belong together: OCO and bracket. Pure.

The legs of an OCO share one hold, of which the limit leg has its own need and the stop leg
what goes beyond it. Whatever fills or ends one leg cancels the other. The exits of a
bracket wait until its entry has ended, and are then an OCO for what the entry brought.
"""

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from matching.book import BUY, OPEN, BookOrder, OrderList, new_order
from matching.matcher import stops
from matching.spot import fee
from orders.commands import EventKind, OrderStatus, OrderType, Place, Reason, Unit, UnitKind

if TYPE_CHECKING:
    from matching.matcher.placing import Matcher

ARMED, WAITING = OrderStatus.ARMED.value, OrderStatus.WAITING.value
CANCELLED = OrderStatus.CANCELLED.value


def is_live(order: BookOrder) -> bool:
    return order.status in (OPEN, ARMED, WAITING)


def place(matcher: "Matcher", unit: Unit, created: int) -> None:
    """Carry out the place commands of an OCO or a bracket."""
    orders = []
    for command in unit.commands:
        assert isinstance(command, Place)
        orders.append(order := new_order(command, created))
        matcher.outcome.orders[order.id] = order
    if unit.kind == UnitKind.OCO:
        _place_pair(matcher, OrderList(orders[0].id, None, orders[0], orders[1]))
    else:
        _place_bracket(matcher, OrderList(orders[0].id, orders[0], orders[1], orders[2]))


def _place_pair(matcher: "Matcher", pair: OrderList) -> None:
    legs = pair.limit, pair.stop
    if not matcher.is_open:
        _reject_both(matcher, pair, Reason.MARKET_NOT_OPEN)
    elif _any_expired(matcher, legs):
        _reject_both(matcher, pair, Reason.EXPIRED)
    elif not matcher.admit(pair.limit, legs=2):
        told = matcher.outcome.events[-1]
        matcher.reject(pair.stop, Reason(told.reason), told.limit, told.actual)
    elif pair.stop.type == OrderType.TRAILING_STOP and not matcher.last:
        _reject_both(matcher, pair, Reason.NO_LAST_PRICE)
    else:
        _start(matcher, pair, Reason.NONE)


def _any_expired(matcher: "Matcher", orders: Iterable[BookOrder]) -> bool:
    return any(0 < order.extra.expires <= matcher.now for order in orders)


def _place_bracket(matcher: "Matcher", bracket: OrderList) -> None:
    entry, exits = bracket.entry, (bracket.limit, bracket.stop)
    assert entry is not None
    if not matcher.is_open:
        matcher.reject(entry, Reason.MARKET_NOT_OPEN)
    elif _any_expired(matcher, exits):
        matcher.reject(entry, Reason.EXPIRED)
    elif matcher.admit(entry, legs=3):
        for order in exits:
            _let_wait(matcher, order)
        matcher.go_on(entry)
    if entry.status == OrderStatus.REJECTED:
        for order in exits:
            if order.status == WAITING:
                matcher.drop(order)
            matcher.reject(order, Reason.UNIT_REFUSED)


def _let_wait(matcher: "Matcher", exit_order: BookOrder) -> None:
    exit_order.status = WAITING
    matcher.book.enlist(exit_order)
    if exit_order.extra.expires:
        matcher.expire_later(exit_order)


def _reject_both(
    matcher: "Matcher", pair: OrderList, reason: Reason, limit: int = 0, actual: int = 0
) -> None:
    for leg in (pair.limit, pair.stop):
        matcher.reject(leg, reason, limit, actual)


def _start(matcher: "Matcher", pair: OrderList, waited: Reason) -> None:
    """Set aside what the pair needs, let the limit leg in, arm the stop leg.

    waited  NONE for a new OCO, which is rejected without funds; the exits of a bracket
            were accepted before and are cancelled
    """
    limit, stop = pair.limit, pair.stop
    stops.prepare(matcher, stop)
    first = matcher.money.need(limit)
    extra = max(0, matcher.money.need(stop) - first)
    available = matcher.money.lacks(limit, first + extra, matcher.command)
    if available is not None and waited is Reason.NONE:
        _reject_both(matcher, pair, Reason.INSUFFICIENT_FUNDS, available, first + extra)
        return
    if available is not None:
        _end_both(matcher, pair, Reason.INSUFFICIENT_FUNDS, available, first + extra)
        return
    for leg in (limit, stop):
        if leg.status == WAITING:
            matcher.drop(leg)
            leg.moved, leg.altered = matcher.book.next_priority(), True
            matcher.outcome.orders[leg.id] = leg
    limit.status, stop.status = OPEN, ARMED
    matcher.money.hold(limit, first)
    matcher.money.hold(stop, extra)
    matcher.enter(limit)
    if stop.status == ARMED:
        stops.arm(matcher, stop)


def activate(matcher: "Matcher") -> None:
    """The entry of the oldest pending bracket has ended: its exits come alive."""
    bracket = matcher.pending_lists.pop(heappop(matcher.pending))
    limit, stop = bracket.limit, bracket.stop
    if not is_live(limit) or not is_live(stop):
        return
    lots = min(limit.quantity, bracket.received // matcher.rules.lot_size)
    if not lots:
        _end_both(matcher, bracket, Reason.ENTRY_NOT_FILLED)
        return
    for leg in (limit, stop):
        matcher.tell(leg, EventKind.ACTIVATED, limit=leg.quantity, actual=lots)
        leg.quantity = leg.remaining = lots
        leg.altered = True
    _start(matcher, bracket, Reason.ENTRY_NOT_FILLED)


def _end_both(
    matcher: "Matcher", pair: OrderList, reason: Reason, limit: int = 0, actual: int = 0
) -> None:
    for leg in (pair.limit, pair.stop):
        leg.links = None
        if is_live(leg):
            matcher.end(leg, CANCELLED, reason, limit, actual)


def filled(matcher: "Matcher", fills: list[tuple[BookOrder, BookOrder, int]]) -> None:
    """What fills set off in lists.

    fills  (taker, maker, lots)
    """
    linked: dict[BookOrder, None] = {}
    for taker, maker, lots in fills:
        for order, ppm in ((taker, taker.taker_ppm), (maker, maker.maker_ppm)):
            if order.links is not None:
                linked[order] = None
                if order is order.links.entry:
                    order.links.received += received(matcher, order, lots, ppm)
    for order in linked:
        if order.links is not None:  # another fill may have ended the list
            _filled(matcher, order.links, order)


def _filled(matcher: "Matcher", links: OrderList, order: BookOrder) -> None:
    if order is not links.entry:
        cancel_other(matcher, links, order)
    elif not is_live(order):
        ended(matcher, order)


def received(matcher: "Matcher", entry: BookOrder, lots: int, ppm: int) -> int:
    """Base atoms that a fill of an entry brings to its exits."""
    base = lots * matcher.rules.lot_size
    return base - fee(base, ppm) if entry.side == BUY else base


def cancel_other(matcher: "Matcher", links: OrderList, leg: BookOrder) -> None:
    """One leg was filled or has ended: there is no list any more, and no other leg."""
    other = links.other(leg)
    leg.links = other.links = None
    if is_live(other):
        matcher.end(other, CANCELLED, Reason.OTHER_LEG)


def following(order: BookOrder) -> list[BookOrder]:
    """The live orders that end when this one is cancelled."""
    links = order.links
    if links is None:
        return []
    if order is not links.entry:
        others = [links.other(order)]
    else:
        others = [] if order.filled else [links.limit, links.stop]
    return [other for other in others if is_live(other)]


def ended(matcher: "Matcher", order: BookOrder) -> None:
    """An order of a list has ended."""
    links = order.links
    if links is None:
        return
    if order is links.limit or order is links.stop:
        cancel_other(matcher, links, order)
        return
    links.entry = None
    if not is_live(links.limit):
        return
    if order.filled:
        wait_for_turn(matcher, links)
    else:
        _end_both(matcher, links, Reason.ENTRY_NOT_FILLED)


def wait_for_turn(matcher: "Matcher", links: OrderList) -> None:
    """The exits come alive in the next aftermath."""
    heappush(matcher.pending, links.id)
    matcher.pending_lists[links.id] = links
    matcher.restless = True


def triggered(matcher: "Matcher", stop: BookOrder) -> None:
    """The stop leg takes over what the limit leg holds, which ends."""
    assert stop.links is not None
    limit = stop.links.limit
    stop.hold += limit.hold
    limit.hold = 0
    cancel_other(matcher, stop.links, stop)


def put_back(matcher: "Matcher", orders: list[BookOrder]) -> None:
    """Link the live orders of lists again, after a restart.

    orders  all that have a `list_id`; of a bracket whose exits wait, `received` says what
            its entry brought: on the entry, or on the exits when it has ended
    """
    by_list: dict[int, dict[int, BookOrder]] = {}
    for order in orders:
        by_list.setdefault(order.list_id, {})[order.id] = order
    for number, members in by_list.items():
        waiting = sorted(n for n, order in members.items() if order.status == WAITING)
        if waiting:
            limit, stop = members[waiting[0]], members[waiting[-1]]
            entry = members.get(number)
            links = OrderList(number, entry, limit, stop)
            links.received = (entry or limit).received
            if entry is None:
                wait_for_turn(matcher, links)
        elif len(members) == 2:
            first, second = sorted(members)
            OrderList(number, None, members[first], members[second])
