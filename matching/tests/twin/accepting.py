"""Whether an order is taken, in the order in which the rule book refuses."""

from matching.tests.twin.state import Refusal, State, TwinOrder
from matching.tests.twin.taking import lots_to_sell
from orders.commands import (
    EventKind,
    MarketState,
    OrderType,
    PostOnly,
    Reason,
    TimeInForce,
)


def refused_by_state(state: State, *, orders: list[TwinOrder]) -> Refusal | None:
    takes = {
        MarketState.OPEN: lambda order: True,
        MarketState.POST_ONLY: lambda order: (
            len(orders) == 1
            and order.type is OrderType.LIMIT
            and order.asked.extra.post_only != PostOnly.NO
        ),
        MarketState.AUCTION: lambda order: (
            len(orders) == 1
            and order.type is OrderType.LIMIT
            and order.asked.time_in_force in {TimeInForce.GTC, TimeInForce.GTD}
            and order.asked.extra.post_only == PostOnly.NO
        ),
    }.get(state.market.state, lambda order: False)
    return None if all(map(takes, orders)) else Refusal(Reason.MARKET_NOT_OPEN)


def refused_by_time(state: State, *, orders: list[TwinOrder]) -> Refusal | None:
    late = any(0 < order.asked.extra.expires <= state.time for order in orders)
    return Refusal(Reason.EXPIRED) if late else None


def refused_by_count(state: State, *, orders: list[TwinOrder]) -> Refusal | None:
    """All legs of a list count, whatever they are."""
    most = state.market.max_open_orders
    if not most or (len(orders) == 1 and not _could_stay(orders[0])):
        return None
    live = len(state.live_of(orders[0].user))
    if live + len(orders) <= most:
        return None
    return Refusal(
        Reason.TOO_MANY_ORDERS, most, live if len(orders) == 1 else live + len(orders)
    )


def _could_stay(order: TwinOrder) -> bool:
    if order.type is OrderType.LIMIT:
        return not order.at_once
    return order.type is not OrderType.MARKET


def refused_by_band(state: State, order: TwinOrder) -> Refusal | None:
    """Too high a bid or too low an ask is refused, or moved to the limit."""
    limit = state.price_limit(order)
    if limit is None:
        return None
    asked = order.price
    if asked <= limit if order.buys else asked >= limit:
        return None
    if not state.market.band_caps:
        return Refusal(Reason.PRICE_BAND, limit, asked)
    order.price = limit
    state.tell(order, EventKind.CAPPED, Reason.NONE, asked, limit)
    return None


def refused_by_post_only(
    state: State, order: TwinOrder, *, always: bool = False
) -> Refusal | None:
    """One that would take is refused, or slides one tick off.

    always  also what is not post-only, because the market is
    """
    post_only = order.asked.extra.post_only
    if state.market.state not in {MarketState.OPEN, MarketState.POST_ONLY}:
        return None
    opposite = state.best(buys=not order.buys)
    if opposite is None or (post_only == PostOnly.NO and not always):
        return None
    would_take = (
        order.price >= opposite.price if order.buys else order.price <= opposite.price
    )
    if not would_take:
        return None
    beside = opposite.price - 1 if order.buys else opposite.price + 1
    possible = 1 <= beside <= state.market.price_max
    if post_only != PostOnly.SLIDE or not possible:
        return Refusal(Reason.POST_ONLY_WOULD_TAKE, opposite.price, order.price)
    asked, order.price = order.price, beside
    state.tell(order, EventKind.SLID, Reason.NONE, asked, beside)
    return None


def refused_without_last_price(state: State, order: TwinOrder) -> Refusal | None:
    if order.type is OrderType.TRAILING_STOP and state.last_price is None:
        return Refusal(Reason.NO_LAST_PRICE)
    return None


def finds_nobody(state: State, order: TwinOrder) -> bool:
    """A market order by quantity, and nobody on the other side."""
    return (
        order.type is OrderType.MARKET
        and not order.asked.budget
        and state.best(buys=not order.buys) is None
    )


def set_cap(state: State, order: TwinOrder) -> None:
    """The worst price that an order without a price may trade at."""
    if order.has_price:
        return
    if order.type is OrderType.MARKET:
        opposite = state.best(buys=not order.buys)
        base = opposite.price if opposite else 0
    elif order.type is OrderType.TRAILING_STOP:
        order.armed_at = len(state.prices) - 1
        base = state.trigger_of(order)
    else:
        base = order.trigger
    order.cap = state.cap_from(order, base) if base else 0


def need_at_first(state: State, order: TwinOrder) -> int:
    """What must be there when the order comes."""
    if order.asked.budget and not order.buys:
        return lots_to_sell(state, order, order.cap) * state.market.lot_size
    return state.need_alone(order)


def refused_by_funds(state: State, order: TwinOrder, need: int) -> Refusal | None:
    available = state.available_for(order)
    if available < need:
        return Refusal(Reason.INSUFFICIENT_FUNDS, available, need)
    return None
