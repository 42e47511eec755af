"""What an order would do, if it came now: a dry run against the levels of a book. Pure.

It follows docs/orders.md as the engine does, but it sees only what everybody sees: whole
price levels, and of icebergs the part that is shown. So it is a forecast, not a promise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from kernel.units import Atoms, Ppm, Ticks
from orders.commands import (
    MarketState,
    OrderSide,
    OrderStatus,
    OrderType,
    PostOnly,
    Reason,
    SelfTrade,
    TimeInForce,
)
from orders.rules import MarketRules
from orders.terms import LASTING, LIMIT_TYPES, OrderTerms

MILLION: Final = 1_000_000
BUY: Final = OrderSide.BUY
#: Types that wait for the price to rise when they buy, and to fall when they sell.
_STOPS: Final = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)


@dataclass(frozen=True, slots=True)
class Scene:
    """What an order would meet.

    levels     (price, lots shown) of the other side of the book, the best first
    own        price -> how many of these lots are the user's own
    available  atoms that the user may spend: base, quote
    held       atoms that back the user's orders: base, quote
    live       the user's live orders in the market
    last       the last price; None before the first trade
    reference  the price around which the bands lie; None if unknown
    taker_ppm  the user's rate
    """

    levels: Sequence[tuple[int, int]]
    own: Mapping[int, int]
    available: tuple[int, int]
    held: tuple[int, int]
    live: int
    last: int | None
    reference: int | None
    taker_ppm: Ppm


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of the order at once.

    limit, actual  as an event of the engine would have them, where the reason has them
    price          where a limit order would stand: slid or capped, if it would be
    fills          (price, lots), the best first
    fee            atoms of what it receives; up to an atom more for each further maker
    hold           atoms that would back it from then on
    own_orders     it would meet orders of its own user, which are passed over here; with
                   self-trading allowed they are taken like those of others
    """

    status: OrderStatus
    reason: Reason = Reason.NONE
    limit: int = 0
    actual: int = 0
    price: int = 0
    fills: tuple[tuple[int, int], ...] = ()
    filled_quote: int = 0
    fee: int = 0
    remaining: int = 0
    hold: int = 0
    own_orders: bool = False
    available: tuple[int, int] = (0, 0)
    held: tuple[int, int] = (0, 0)

    @property
    def filled(self) -> int:
        """Lots."""
        return sum(lots for _, lots in self.fills)


class _End(Exception):
    """The order ends here, with nothing done."""

    def __init__(
        self, status: OrderStatus, reason: Reason, limit: int = 0, actual: int = 0
    ) -> None:
        super().__init__(reason)
        self.preview = Preview(status, reason, limit, actual)


def preview_order(*, market: MarketRules, terms: OrderTerms, scene: Scene) -> Preview:
    """Say what the engine would do with an order that `check_order` lets pass."""
    try:
        found = _carried_out(market, _as_accepted(market, terms, scene), scene)
    except _End as end:
        found = end.preview
    if not found.fills and not found.hold:
        found = replace(found, remaining=terms.quantity)
    return _with_balances(market, terms.side, found, scene)


# Acceptance -----------------------------------------------------------------------------


def _as_accepted(market: MarketRules, terms: OrderTerms, scene: Scene) -> OrderTerms:
    """The order with its final price and trigger. Ends it when it would be refused."""
    at_once = (TimeInForce.IOC, TimeInForce.FOK)
    could_stay = terms.type is not OrderType.MARKET and not (
        terms.type is OrderType.LIMIT and terms.time_in_force in at_once
    )
    if could_stay and 0 < market.max_open_orders <= scene.live:
        raise _refused(Reason.TOO_MANY_ORDERS, market.max_open_orders, scene.live)
    if terms.type is OrderType.LIMIT:
        terms = _posted(market, _banded(market, terms, scene, OrderStatus.REJECTED), scene)
    if terms.type is OrderType.TRAILING_STOP:
        if scene.last is None:
            raise _refused(Reason.NO_LAST_PRICE)
        terms = replace(terms, trigger=_first_trigger(market, terms, scene.last))
    return terms


def _refused(reason: Reason, limit: int = 0, actual: int = 0) -> _End:
    return _End(OrderStatus.REJECTED, reason, limit, actual)


def _banded(
    market: MarketRules, terms: OrderTerms, scene: Scene, refusal: OrderStatus
) -> OrderTerms:
    if not market.band_ppm or scene.reference is None:
        return terms
    edge = market.through(scene.reference, market.band_ppm, terms.side)
    if _within(terms.side, terms.price, edge):
        return terms
    if not market.band_caps:
        raise _End(refusal, Reason.PRICE_BAND, edge, terms.price)
    return replace(terms, price=Ticks(edge))


def _posted(market: MarketRules, terms: OrderTerms, scene: Scene) -> OrderTerms:
    collects = market.state is MarketState.AUCTION
    if terms.post_only is PostOnly.NO or collects or not scene.levels:
        return terms
    best = scene.levels[0][0]
    if not _within(terms.side, best, terms.price):
        return terms
    slid = market.one_off(best, terms.side)
    if terms.post_only is PostOnly.REJECT or slid is None:
        raise _refused(Reason.POST_ONLY_WOULD_TAKE, best, terms.price)
    return replace(terms, price=Ticks(slid))


def _first_trigger(market: MarketRules, terms: OrderTerms, last: int) -> Ticks:
    trail = terms.trail or -(-last * terms.trail_ppm // MILLION)
    if terms.side is BUY:
        return Ticks(min(market.price_max, last + trail))
    return Ticks(max(1, last - trail))


def _within(side: OrderSide, price: int, worst: int) -> bool:
    """Whether who buys or sells would trade at `price`, given the worst."""
    return price <= worst if side is BUY else price >= worst


# Execution ------------------------------------------------------------------------------


@dataclass(slots=True)
class _Walk:
    """How far an order would get."""

    fills: list[tuple[int, int]] = field(default_factory=list)
    quote: int = 0
    filled: int = 0
    end: tuple[Reason, int, int] = (Reason.NONE, 0, 0)


def _carried_out(market: MarketRules, terms: OrderTerms, scene: Scene) -> Preview:
    if terms.trigger:
        # It is backed when it is armed, before anything else is looked at.
        hold = _need(market, terms, _cap(market, terms, terms.trigger), terms.quantity)
        _expect_funds(terms.side, hold, scene)
        if not _is_touched(terms, scene.last):
            return Preview(
                OrderStatus.ARMED, price=terms.price, remaining=terms.quantity, hold=hold
            )
        if terms.price:
            terms = _banded(market, terms, scene, OrderStatus.CANCELLED)
    by_quantity_at_market = terms.type is OrderType.MARKET and not terms.budget
    if by_quantity_at_market and not scene.levels:
        raise _End(OrderStatus.CANCELLED, Reason.NO_LIQUIDITY)
    start = terms.trigger or (scene.levels[0][0] if scene.levels else 0)
    worst = terms.price or _cap(market, terms, start)
    walk = _Walk()
    if market.state is MarketState.OPEN:
        walk = _walked(market, terms, scene, worst)
    lots = walk.filled if terms.budget and terms.side is not BUY else terms.quantity
    _expect_funds(terms.side, _need(market, terms, worst, lots), scene)
    if terms.time_in_force is TimeInForce.FOK and walk.filled < terms.quantity:
        raise _End(
            OrderStatus.CANCELLED, Reason.FOK_NOT_FILLED, terms.quantity, walk.filled
        )
    return _ended(market, terms, scene, walk, worst)


def _is_touched(terms: OrderTerms, last: int | None) -> bool:
    if last is None:
        return False
    waits_for_rise = (terms.type in _STOPS) == (terms.side is BUY)
    return last >= terms.trigger if waits_for_rise else last <= terms.trigger


def _cap(market: MarketRules, terms: OrderTerms, start: int) -> int:
    """The worst price of an order without one."""
    cap = market.through(start, terms.slippage_ppm or market.slippage_ppm, terms.side)
    return min(market.price_max, cap) if terms.side is BUY else max(1, cap)


def _need(market: MarketRules, terms: OrderTerms, worst: int, lots: int) -> int:
    if terms.side is not BUY:
        return lots * market.lot_size
    return terms.budget or (terms.price or worst) * lots * market.tick_value


def _expect_funds(side: OrderSide, need: int, scene: Scene) -> None:
    available = scene.available[1 if side is BUY else 0]
    if available < need:
        raise _refused(Reason.INSUFFICIENT_FUNDS, available, need)


def _walked(market: MarketRules, terms: OrderTerms, scene: Scene, worst: int) -> _Walk:
    """Take from the levels, the best first, and note why it ends before its time."""
    walk = _Walk()
    for price, lots in _takeable(terms, scene):
        if _is_done(terms, walk):
            return walk
        worth = price * market.tick_value
        left = (
            (terms.budget - walk.quote) // worth
            if terms.budget
            else terms.quantity - walk.filled
        )
        if end := _obstacle(market, terms, scene, price, worst, left):
            walk.end = end
            return walk
        taken = min(left, lots)
        walk.fills.append((price, taken))
        walk.quote += taken * worth
        walk.filled += taken
        if taken < lots and terms.budget:
            walk.end = _TOO_SMALL
            return walk
    if not _is_done(terms, walk):
        walk.end = (Reason.NO_LIQUIDITY, 0, 0)
    return walk


def _is_done(terms: OrderTerms, walk: _Walk) -> bool:
    return walk.quote == terms.budget if terms.budget else walk.filled == terms.quantity


_TOO_SMALL: Final = (Reason.BUDGET_TOO_SMALL, 0, 0)


def _obstacle(
    market: MarketRules, terms: OrderTerms, scene: Scene, price: int, worst: int, left: int
) -> tuple[Reason, int, int] | None:
    """Why an order with lots left does not trade at the next price."""
    if not _within(terms.side, price, worst):
        return (Reason.SLIPPAGE, worst, price)
    if not left:
        return _TOO_SMALL
    if market.halt_ppm and scene.reference is not None:
        halt = market.through(scene.reference, market.halt_ppm, terms.side)
        if not _within(terms.side, price, halt):
            return (Reason.VOLATILITY_HALT, halt, price)
    return None


def _takeable(terms: OrderTerms, scene: Scene) -> list[tuple[int, int]]:
    if terms.self_trade is SelfTrade.NONE:
        return list(scene.levels)
    others = [(price, lots - scene.own.get(price, 0)) for price, lots in scene.levels]
    return [(price, lots) for price, lots in others if lots > 0]


def _ended(
    market: MarketRules, terms: OrderTerms, scene: Scene, walk: _Walk, worst: int
) -> Preview:
    remaining = 0 if terms.budget else terms.quantity - walk.filled
    reason, limit, actual = walk.end
    status = OrderStatus.CANCELLED
    if _is_filled(terms, walk, remaining):
        status, (reason, limit, actual) = OrderStatus.FILLED, (Reason.NONE, 0, 0)
    elif terms.type in LIMIT_TYPES and terms.time_in_force in LASTING:
        status, (reason, limit, actual) = OrderStatus.OPEN, (Reason.NONE, 0, 0)
    elif terms.type in LIMIT_TYPES and reason is not Reason.VOLATILITY_HALT:
        reason, limit, actual = Reason.IOC_REMAINDER, 0, 0
    stands = status is OrderStatus.OPEN
    return Preview(
        status,
        reason,
        limit,
        actual,
        price=terms.price,
        fills=tuple(walk.fills),
        filled_quote=walk.quote,
        fee=_fee(market, terms.side, walk, scene.taker_ppm),
        remaining=remaining,
        hold=_need(market, terms, worst, remaining) if stands else 0,
        own_orders=_meets_own(market, terms, scene, walk, worst),
    )


def _is_filled(terms: OrderTerms, walk: _Walk, remaining: int) -> bool:
    if not terms.budget:
        return not remaining
    too_small = bool(walk.fills) and walk.end[0] is Reason.BUDGET_TOO_SMALL
    return walk.quote == terms.budget or too_small


def _meets_own(
    market: MarketRules, terms: OrderTerms, scene: Scene, walk: _Walk, worst: int
) -> bool:
    if market.state is not MarketState.OPEN:
        return False
    if walk.fills and walk.end[0] in (Reason.NONE, Reason.BUDGET_TOO_SMALL):
        worst = walk.fills[-1][0]
    return any(_within(terms.side, price, worst) for price in scene.own)


def _fee(market: MarketRules, side: OrderSide, walk: _Walk, ppm: int) -> int:
    tick, lot = market.tick_value, market.lot_size
    received = (
        lots * lot if side is BUY else price * lots * tick for price, lots in walk.fills
    )
    return sum(-(-amount * ppm // MILLION) for amount in received)


def _with_balances(
    market: MarketRules, side: OrderSide, found: Preview, scene: Scene
) -> Preview:
    base, quote = scene.available
    held_base, held_quote = scene.held
    moved = found.filled * market.lot_size
    if side is BUY:
        base += moved - found.fee
        quote -= found.filled_quote + found.hold
        held_quote += found.hold
    else:
        base -= moved + found.hold
        quote += found.filled_quote - found.fee
        held_base += found.hold
    return replace(found, available=(base, quote), held=(held_base, held_quote))


def slippage_ppm(found: Preview, *, tick_value: Atoms) -> int:
    """How much worse than the best price the fills are on average, in millionths, rounded
    up; 0 without fills.
    """
    if not found.fills:
        return 0
    at_best = found.fills[0][0] * found.filled * tick_value
    return -(-abs(found.filled_quote - at_best) * MILLION // at_best)
