"""A market's states, its time, and the auction that re-opens it. Pure."""

from dataclasses import replace
from heapq import heappop
from typing import TYPE_CHECKING, Final

from matching import lists, stops
from matching.auction import auction_price
from matching.book import BookOrder, Half, show
from matching.outcome import Change
from orders.commands import (
    Configure,
    MarketState,
    OrderStatus,
    OrderType,
    Reason,
    TimeInForce,
)

if TYPE_CHECKING:
    from matching.core import Core

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


def configure(core: "Core", command: Configure) -> None:
    """Change a market's state or settings; a market that opens matches what crosses."""
    settings: dict[str, int | str] = dict(command.settings)
    reason = str(settings.pop("reason", ""))
    known = {name: settings[name] for name in settings if hasattr(core.rules, name)}
    if "state" in known:
        known["state"] = MarketState(int(known["state"]))
        known.setdefault("until", 0)
    # The values were checked when the command was written down.
    core.obey(replace(core.rules, **known))  # type: ignore[arg-type]
    core.outcome.changes.append(
        Change(core.state, core.rules.until, command.user, command.id, settings, reason)
    )
    if core.is_open and core.book.crossed():
        uncross(core)


def halt(core: "Core", taker: BookOrder, limit: int, best: int) -> None:
    """The next trade would be too far from the reference: stop, and collect for an auction.

    limit, best  the last price that was allowed, and the one that was met
    """
    until = core.now + core.rules.halt_seconds * SECOND
    _set_state(core, MarketState.AUCTION, until, Reason.VOLATILITY_HALT.name.lower())
    if taker.type in WITHOUT_LIMIT or taker.time_in_force not in RESTING:
        core.end(taker, CANCELLED, Reason.VOLATILITY_HALT, limit, best)


def _set_state(core: "Core", state: MarketState, until: int, reason: str) -> None:
    core.obey(replace(core.rules, state=state, until=until))
    core.outcome.changes.append(Change(int(state), until, 0, core.command, {}, reason))


# Time -----------------------------------------------------------------------------------


def set_due(core: "Core") -> None:
    """When time alone makes something happen next."""
    first = core.expiries[0][0] if core.expiries else NEVER
    core.due = min(first, _auction_end(core))


def _auction_end(core: "Core") -> int:
    until = core.rules.until
    return until if until and core.state == MarketState.AUCTION else NEVER


def happen(core: "Core") -> None:
    """Let the first thing that is due happen: an expiry before an auction's end."""
    if core.expiries and core.expiries[0][0] <= _auction_end(core):
        order = heappop(core.expiries)[2]
        if lists.is_live(order) and order.id in core.book.live.get(order.user, ()):
            core.end(order, CANCELLED, Reason.EXPIRED)
    else:
        _set_state(core, MarketState.OPEN, 0, "auction_ended")
        uncross(core)
        stops.aftermath(core)
    set_due(core)


def refresh_reference(core: "Core") -> None:
    """The last price of the minute before becomes the reference."""
    if core.last:
        core.reference = core.last
    core.refresh = core.now - core.now % MINUTE + MINUTE


# The auction ----------------------------------------------------------------------------


def totals(half: Half) -> list[tuple[int, int]]:
    """(price in ticks, lots with the hidden ones) of every level."""
    return [
        (rank * half.sign, sum(order.rest for order in half.levels[rank].orders()))
        for rank in half.ranks
    ]


def uncross(core: "Core") -> None:
    """Trade what crosses at the one price that trades the most."""
    bids, asks = core.book.bids, core.book.asks
    price, volume = auction_price(totals(bids), totals(asks), core.reference)
    if not volume:
        return
    traded: dict[int, BookOrder] = {}
    number = core.trades
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
            _give(core, order, lots)
            traded[order.id] = order
        core.money.fill(taker, maker, lots, price, number)
        fills.append((taker, maker, lots))
    core.trades, core.last, core.reference = number, price, price
    for order in traded.values():
        core.outcome.orders[order.id] = order
        core.money.release(order)
    stops.touch(core, [price])
    lists.filled(core, fills)


def _give(core: "Core", order: BookOrder, lots: int) -> None:
    """Take `lots` off an order in the book, hidden or not; it keeps its place."""
    level = order.level
    assert level is not None
    rest = order.rest - lots
    level.lots -= order.remaining
    if rest:
        show(order, rest)
        level.lots += order.remaining
        return
    order.remaining = order.hidden = 0
    core.book.remove(order)
    order.status = FILLED
