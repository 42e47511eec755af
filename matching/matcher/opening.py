"""A market's states, its time, and the auction that re-opens it. Pure."""

from dataclasses import replace
from heapq import heappop
from typing import TYPE_CHECKING, Any, Final

from matching.auction import auction_price
from matching.book import BookOrder, Half, show
from matching.matcher import lists, stops
from matching.outcome import Change
from orders.commands import (
    Configure,
    MarketState,
    OrderStatus,
    OrderType,
    Reason,
    TimeInForce,
)
from orders.rules import SETTINGS

if TYPE_CHECKING:
    from matching.matcher.placing import Matcher

FILLED, CANCELLED = OrderStatus.FILLED.value, OrderStatus.CANCELLED.value
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
NEVER: Final = 1 << 62
RESTING: Final = frozenset({TimeInForce.GTC.value, TimeInForce.GTD.value})
WITHOUT_LIMIT: Final = frozenset(
    {
        OrderType.MARKET.value,
        OrderType.STOP.value,
        OrderType.TAKE_PROFIT.value,
        OrderType.TRAILING_STOP.value,
    }
)


def takes(state: int, order: BookOrder) -> bool:
    """Whether a market in this state takes such an order."""
    if state == MarketState.OPEN:
        return True
    if order.type != OrderType.LIMIT:
        return False
    if state == MarketState.POST_ONLY:
        return order.extra.post_only != 0
    return (
        state == MarketState.AUCTION
        and order.extra.post_only == 0
        and order.time_in_force in RESTING
    )


def configure(matcher: "Matcher", command: Configure) -> None:
    """Change a market's state or settings; a market that opens matches what crosses."""
    settings: dict[str, int | str] = dict(command.settings)
    reason = str(settings.pop("reason", ""))
    # The values were checked when the command was written down; but whatever else the log
    # may hold, it must not come between the engine and the record.
    known: dict[str, Any] = {
        name: type(getattr(matcher.rules, name))(int(settings[name]))
        for name in settings
        if name in SETTINGS
    }
    if "state" in known:
        known.setdefault("until", 0)
    matcher.obey(replace(matcher.rules, **known))
    matcher.outcome.changes.append(
        Change(
            matcher.state, matcher.rules.until, command.user, command.id, settings, reason
        )
    )
    if matcher.is_open and matcher.book.crossed():
        uncross(matcher)


def halt(matcher: "Matcher", taker: BookOrder, limit: int, best: int) -> None:
    """The next trade would be too far from the reference: stop, and collect for an auction.

    limit, best  the last price that was allowed, and the one that was met
    """
    until = matcher.now + matcher.rules.halt_seconds * SECOND
    _set_state(matcher, MarketState.AUCTION, until, Reason.VOLATILITY_HALT.name.lower())
    if taker.type in WITHOUT_LIMIT or taker.time_in_force not in RESTING:
        matcher.end(taker, CANCELLED, Reason.VOLATILITY_HALT, limit, best)


def _set_state(matcher: "Matcher", state: MarketState, until: int, reason: str) -> None:
    matcher.obey(replace(matcher.rules, state=state, until=until))
    matcher.outcome.changes.append(
        Change(int(state), until, 0, matcher.command, {}, reason)
    )


# Time -----------------------------------------------------------------------------------


def set_due(matcher: "Matcher") -> None:
    """When time alone makes something happen next."""
    first = matcher.expiries[0][0] if matcher.expiries else NEVER
    matcher.due = min(first, _auction_end(matcher))


def _auction_end(matcher: "Matcher") -> int:
    until = matcher.rules.until
    return until if until and matcher.state == MarketState.AUCTION else NEVER


def happen(matcher: "Matcher") -> None:
    """Let the first thing that is due happen: an expiry before an auction's end."""
    if matcher.expiries and matcher.expiries[0][0] <= _auction_end(matcher):
        order = heappop(matcher.expiries)[2]
        if lists.is_live(order) and order.id in matcher.book.live.get(order.user, ()):
            matcher.end(order, CANCELLED, Reason.EXPIRED)
    else:
        _set_state(matcher, MarketState.OPEN, 0, "auction_ended")
        uncross(matcher)
        stops.aftermath(matcher)
    set_due(matcher)


def refresh_reference(matcher: "Matcher") -> None:
    """With a new minute the last price becomes the reference."""
    matcher.reference = matcher.last or matcher.reference
    matcher.refresh = matcher.now - matcher.now % MINUTE + MINUTE


# The auction ----------------------------------------------------------------------------


def totals(half: Half) -> list[tuple[int, int]]:
    """(price in ticks, lots with the hidden ones) of every level."""
    return [
        (rank * half.sign, half.levels[rank].lots + half.levels[rank].hidden)
        for rank in half.all_ranks
    ]


def uncross(matcher: "Matcher") -> None:
    """Trade what crosses at the one price that trades the most."""
    bids, asks = matcher.book.bids, matcher.book.asks
    price, volume = auction_price(totals(bids), totals(asks), matcher.reference)
    if not volume:
        return
    traded: dict[int, BookOrder] = {}
    number = matcher.trades
    fills = []
    while volume:
        bid = bids.levels[bids.ranks[-1]].first
        ask = asks.levels[asks.ranks[-1]].first
        assert bid is not None
        assert ask is not None
        lots = min(volume, bid.rest, ask.rest)
        volume -= lots
        number += 1
        maker, taker = (bid, ask) if bid.priority < ask.priority else (ask, bid)
        for order in (maker, taker):
            _give(matcher, order, lots)
            traded[order.id] = order
        matcher.money.fill(taker, maker, lots, price, number)
        fills.append((taker, maker, lots))
    matcher.trades, matcher.last, matcher.reference = number, price, price
    for order in traded.values():
        matcher.outcome.orders[order.id] = order
        matcher.money.release(order)
    stops.touch(matcher, [price])
    lists.filled(matcher, fills)


def _give(matcher: "Matcher", order: BookOrder, lots: int) -> None:
    """Take `lots` off an order in the book, hidden or not; it keeps its place."""
    level = order.level
    assert level is not None
    rest = order.rest - lots
    level.lots -= order.remaining
    level.hidden -= order.hidden
    if rest:
        show(order, rest)
        level.lots += order.remaining
        level.hidden += order.hidden
        return
    order.altered = order.altered or order.hidden > 0
    order.remaining = order.hidden = 0
    matcher.book.remove(order)
    order.status = FILLED
