"""Matching: what a taker takes, when it stops, whom it does not trade with. Pure."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from matching.book import BUY, OPEN, SELL, BookOrder, Half
from matching.matcher import lists, opening, stops
from matching.outcome import Prevented
from orders.commands import EventKind, OrderStatus, Reason, SelfTrade

if TYPE_CHECKING:
    from matching.matcher.placing import Matcher

FILLED, CANCELLED = OrderStatus.FILLED.value, OrderStatus.CANCELLED.value
NO_PREVENTION = SelfTrade.NONE.value


def take(matcher: "Matcher", taker: BookOrder, half: Half, floor: int) -> None:
    """Match an order by quantity down to the rank `floor`; it ends if nothing is left."""
    ranks = half.ranks
    guard = _guard(matcher, half) if matcher.rules.halt_ppm else None
    reach = floor if guard is None or guard < floor else guard
    stranger = taker.user if taker.self_trade != NO_PREVENTION else 0
    while True:
        fills = matcher.book.take(half, reach, taker.remaining, stranger)
        if fills:
            _settle(matcher, taker, fills)
        if not taker.remaining:
            taker.status = FILLED
            if taker.links is not None:
                lists.ended(matcher, taker)
            return
        if not ranks or ranks[-1] < floor:
            return
        if ranks[-1] < reach:
            opening.halt(matcher, taker, reach * half.sign, ranks[-1] * half.sign)
            return
        if not _meet_own(matcher, taker, half, taker.remaining):
            return


def _guard(matcher: "Matcher", half: Half) -> int | None:
    """The rank of the last price before the market is halted; None without a halt."""
    reference, halt = matcher.reference, matcher.rules.halt_ppm
    if not halt or reference is None:
        return None
    side = BUY if half.sign < 0 else SELL  # of who takes from this half
    return matcher.rules.through(reference, halt, side) * half.sign


def _settle(
    matcher: "Matcher", taker: BookOrder, fills: list[tuple[BookOrder, int]]
) -> None:
    """Book every fill: both orders' states, the trades, what a price sets off."""
    orders, taken, linked = matcher.outcome.orders, 0, taker.links is not None
    for maker, lots in fills:
        taken += lots
        orders[maker.id] = maker
        if not maker.remaining:
            maker.status = FILLED
        if maker.links is not None:
            linked = True
    if taker.budget:
        taker.quantity += taken
    else:
        taker.remaining -= taken
    matcher.money.settle(taker, fills, matcher.trades)
    matcher.trades += len(fills)
    matcher.last = maker.price
    if matcher.reference is None:
        matcher.reference = fills[0][0].price
    book = matcher.book
    if book.rising.ranks or book.falling.ranks or matcher.trailing.orders:
        stops.touch(matcher, [maker.price for maker, _ in fills])
    if linked:
        lists.filled(matcher, [(taker, maker, lots) for maker, lots in fills])


def without_limit(matcher: "Matcher", order: BookOrder) -> None:
    """Without a limit, within the cap; what is not filled is cancelled."""
    half = matcher.book.asks if order.side == BUY else matcher.book.bids
    if order.budget:
        _spend(matcher, order, half)
        return
    take(matcher, order, half, order.cap * half.sign)
    if order.status != OPEN:
        return
    best = half.best()
    if best is None:
        matcher.end(order, CANCELLED, Reason.NO_LIQUIDITY)
    else:
        matcher.end(order, CANCELLED, Reason.SLIPPAGE, order.cap, best)


def cap_from(matcher: "Matcher", price: int, order: BookOrder) -> int:
    """The worst price in ticks that an order's slippage allows from `price` on."""
    rules, slippage = matcher.rules, order.extra.slippage_ppm
    if not slippage:  # of a time before there were caps
        return rules.price_max if order.side == BUY else 1
    return max(1, min(rules.price_max, rules.through(price, slippage, order.side)))


def _spend(matcher: "Matcher", order: BookOrder, half: Half) -> None:
    """By budget: whole lots, level by level, while the budget lasts."""
    guard = _guard(matcher, half)
    stranger = order.user if order.self_trade != NO_PREVENTION else 0
    while order.status == OPEN:
        best = half.best()
        if best is None or _is_spent(matcher, order, half, best):
            _end_spending(matcher, order, half, best)
        elif guard is not None and best * half.sign < guard:
            opening.halt(matcher, order, guard * half.sign, best)
        else:
            left = order.budget - order.filled_quote
            lots = left // (best * matcher.rules.tick_value)
            fills = matcher.book.take(half, best * half.sign, lots, stranger)
            if fills:
                _settle(matcher, order, fills)
            else:
                _meet_own(matcher, order, half, lots)


def _is_spent(matcher: "Matcher", order: BookOrder, half: Half, best: int) -> bool:
    """Whether what is left buys nothing at the best price, or that is beyond the cap."""
    left = order.budget - order.filled_quote
    beyond = best * half.sign < order.cap * half.sign
    return beyond or left < best * matcher.rules.tick_value


def _end_spending(
    matcher: "Matcher", order: BookOrder, half: Half, best: int | None
) -> None:
    if order.filled_quote == order.budget:
        _fill_up(matcher, order)
    elif best is None:
        matcher.end(order, CANCELLED, Reason.NO_LIQUIDITY)
    elif best * half.sign < order.cap * half.sign:
        matcher.end(order, CANCELLED, Reason.SLIPPAGE, order.cap, best)
    elif order.filled_quote:
        _fill_up(matcher, order)
    else:
        matcher.end(order, CANCELLED, Reason.BUDGET_TOO_SMALL)


def _fill_up(matcher: "Matcher", order: BookOrder) -> None:
    """A taker got all that it wanted."""
    order.status = FILLED
    matcher.money.release(order)
    if order.links is not None:
        lists.ended(matcher, order)


def _meet_own(matcher: "Matcher", taker: BookOrder, half: Half, lots: int) -> bool:
    """The next maker is the taker's own. Whether the taker goes on.

    lots  that it would take of it at most
    """
    maker = half.levels[half.ranks[-1]].first
    assert maker is not None
    mode = taker.self_trade
    if taker.budget and mode == SelfTrade.DECREMENT:
        mode = SelfTrade.CANCEL_BOTH.value
    matched = min(lots, maker.remaining + maker.hidden)
    matcher.outcome.prevented.append(
        Prevented(taker.user, taker.id, maker.id, maker.price, matched, taker.self_trade)
    )
    if mode == SelfTrade.DECREMENT:
        _decrement(matcher, maker, matched)
        return _decrement(matcher, taker, matched)
    if mode != SelfTrade.CANCEL_TAKER:
        matcher.end(maker, CANCELLED, Reason.SELF_TRADE)
    if mode != SelfTrade.CANCEL_MAKER:
        matcher.end(taker, CANCELLED, Reason.SELF_TRADE)
        return False
    return True


def _decrement(matcher: "Matcher", order: BookOrder, lots: int) -> bool:
    """Take `lots` off an order as if they had never been asked; False when it ends."""
    if order.rest == lots:
        matcher.end(order, CANCELLED, Reason.SELF_TRADE)
        return False
    matcher.tell(
        order,
        EventKind.DECREMENTED,
        limit=order.quantity,
        actual=order.quantity - lots,
    )
    shrink(matcher, order, lots)
    return True


def shrink(matcher: "Matcher", order: BookOrder, lots: int) -> None:
    """Make an order smaller where it stands, what it hides first."""
    hidden = min(order.hidden, lots)
    order.quantity -= lots
    order.hidden -= hidden
    order.remaining -= lots - hidden
    if order.level is not None:
        order.level.lots -= lots - hidden
        order.level.hidden -= hidden
    order.altered = True
    matcher.outcome.orders[order.id] = order
    matcher.money.release(order)


def fillable(matcher: "Matcher", order: BookOrder) -> bool:
    """Whether others offer all that a fill-or-kill order wants; else it is killed."""
    half = matcher.book.asks if order.side == BUY else matcher.book.bids
    offered = 0
    for _, lots in _offers(matcher, order, half, order.price):
        offered += lots
        if offered >= order.remaining:
            return True
    matcher.end(order, CANCELLED, Reason.FOK_NOT_FILLED, order.remaining, offered)
    return False


def sellable(matcher: "Matcher", order: BookOrder) -> int:
    """Lots that a market sell by budget will sell."""
    rules, left, total = matcher.rules, order.budget, 0
    for price, lots in _offers(matcher, order, matcher.book.bids, order.cap):
        most = left // (price * rules.tick_value)
        total += min(most, lots)
        if most < lots:
            break
        left -= lots * price * rules.tick_value
    return total


def _offers(
    matcher: "Matcher", taker: BookOrder, half: Half, worst: int
) -> Iterator[tuple[int, int]]:
    """(price, lots) that a taker can trade, in their order: of each level what is
    shown, then what is hidden; nothing from where its own orders stop it.

    Orders are looked at one by one only where own ones are among them: whoever asks for
    more than there is would otherwise have the whole book walked for nothing."""
    guard, floor, mode = _guard(matcher, half), worst * half.sign, taker.self_trade
    mine = matcher.book.live.get(taker.user, {}) if mode != NO_PREVENTION else {}
    own = {order.level for order in mine.values()}
    for rank in reversed(half.all_ranks):
        if rank < floor or (guard is not None and rank < guard):
            return
        level, hidden = half.levels[rank], 0
        if level not in own:
            yield rank * half.sign, level.lots + level.hidden
            continue
        for maker in level.orders():
            if maker.user != taker.user:
                hidden += maker.hidden
                yield maker.price, maker.remaining
            elif mode != SelfTrade.CANCEL_MAKER:
                return
        if hidden:
            yield rank * half.sign, hidden
