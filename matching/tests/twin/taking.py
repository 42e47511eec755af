"""What an order does when it comes to the book: it takes, and then stands or ends."""

from collections.abc import Iterator

from matching.tests.twin.endings import cancel, cancel_other_leg, fill
from matching.tests.twin.prices import rounded_up
from matching.tests.twin.state import Prevented, State, Trade, TwinOrder
from orders.commands import (
    EventKind,
    MarketState,
    OrderStatus,
    Reason,
    SelfTrade,
    TimeInForce,
)


def execute(state: State, order: TwinOrder) -> None:
    """Take, then stand or end; where nothing matches, only stand."""
    order.status, order.queue = OrderStatus.OPEN, 0
    order.shown, order.hidden = order.left, 0
    if not state.open or state.collecting:
        stand(state, order)
        return
    worst = order.price if order.has_price else order.cap
    halt = state.halt_limit(order)
    if order.has_price and order.asked.time_in_force == TimeInForce.FOK:
        found = sum(lots for _, lots in lots_for(state, order, worst, halt))
        if found < order.quantity:
            cancel(state, order, Reason.FOK_NOT_FILLED, order.quantity, found)
            return
    _take(state, order, worst, halt)


def stand(state: State, order: TwinOrder) -> None:
    order.status, order.queue = OrderStatus.OPEN, state.next_arrival()
    show(order)


def show(order: TwinOrder) -> None:
    """Of an iceberg only a part is shown."""
    left, display = order.left, order.asked.extra.display
    order.shown = min(display, left) if display else left
    order.hidden = left - order.shown


def beyond(order: TwinOrder, price: int, limit: int | None) -> bool:
    if limit is None:
        return False
    return price > limit if order.buys else price < limit


def lots_for(
    state: State,
    order: TwinOrder,
    worst: int,
    halt: int | None,
) -> Iterator[tuple[int, int]]:
    """(price, lots) that the book would give to an order, as they would trade."""
    mode = SelfTrade(order.asked.self_trade)
    queue = [[o, o.shown, o.hidden] for o in state.side(buys=not order.buys)]
    while queue:
        maker, shown, hidden = queue.pop(0)
        if beyond(order, maker.price, worst) or beyond(order, maker.price, halt):
            return
        if maker.user == order.user and mode is not SelfTrade.NONE:
            if mode is SelfTrade.CANCEL_MAKER:
                continue
            return
        yield maker.price, shown
        if hidden:
            part = min(maker.asked.extra.display, hidden)
            behind = sum(1 for other, _, _ in queue if other.price == maker.price)
            queue.insert(behind, [maker, part, hidden - part])


def lots_to_sell(state: State, order: TwinOrder, worst: int) -> int:
    """How many lots a sell by budget would sell."""
    budget, lots = order.asked.budget, 0
    halt = state.halt_limit(order)
    for price, shown in lots_for(state, order, worst, halt):
        part = min(shown, budget // (price * state.market.tick_value))
        budget -= part * price * state.market.tick_value
        lots += part
        if part < shown:
            break
    return lots


def affordable(state: State, order: TwinOrder, price: int) -> int:
    """The lots that an order still wants at a price."""
    if order.asked.budget:
        return order.budget_left // (price * state.market.tick_value)
    return order.left


def _take(state: State, taker: TwinOrder, worst: int, halt: int | None) -> None:
    while taker.live:
        if not taker.asked.budget and not taker.left:
            return fill(state, taker)
        maker = state.best(buys=not taker.buys)
        if maker is None:
            return _rest_of(state, taker, Reason.NO_LIQUIDITY)
        if beyond(taker, maker.price, worst):
            return _rest_of(state, taker, Reason.SLIPPAGE, taker.cap, maker.price)
        lots = affordable(state, taker, maker.price)
        if not lots:
            return _rest_of(state, taker, Reason.BUDGET_TOO_SMALL)
        if beyond(taker, maker.price, halt):
            return _halt(state, taker, halt, maker.price)
        if maker.user == taker.user and taker.asked.self_trade != SelfTrade.NONE:
            meet_oneself(state, taker, maker, lots)
        else:
            trade(state, maker, taker, min(lots, maker.shown), maker.price, auction=False)
    return None


def _rest_of(
    state: State, taker: TwinOrder, reason: Reason, limit: int = 0, actual: int = 0
) -> None:
    """Nothing more can be taken: what becomes of the rest."""
    if taker.asked.budget:
        spent = not taker.budget_left
        enough = reason is Reason.BUDGET_TOO_SMALL and taker.filled
        if spent or enough:
            fill(state, taker)
        else:
            cancel(state, taker, reason, limit, actual)
    elif not taker.has_price:
        cancel(state, taker, reason, limit, actual)
    elif taker.asked.time_in_force == TimeInForce.IOC:
        cancel(state, taker, Reason.IOC_REMAINDER)
    else:
        stand(state, taker)


def _halt(state: State, taker: TwinOrder, limit: int | None, price: int) -> None:
    """The price would run away: stop, and collect for an auction."""
    set_state(
        state,
        MarketState.AUCTION,
        until=state.time + state.market.halt_seconds * 1_000_000,
    )
    if taker.at_once:
        cancel(state, taker, Reason.VOLATILITY_HALT, limit or 0, price)
    else:
        stand(state, taker)


def set_state(state: State, new: MarketState, *, until: int) -> None:
    state.change_market(state=new, until=until)
    state.changes.append((new, until))


def meet_oneself(state: State, taker: TwinOrder, maker: TwinOrder, lots: int) -> None:
    mode = SelfTrade(taker.asked.self_trade)
    state.prevented.append(
        Prevented(
            taker.user, taker.id, maker.id, maker.price, min(lots, maker.left), mode.value
        )
    )
    if mode is SelfTrade.DECREMENT and taker.asked.budget:
        mode = SelfTrade.CANCEL_BOTH
    if mode is SelfTrade.DECREMENT:
        _decrement(state, taker, maker)
        return
    if mode in {SelfTrade.CANCEL_MAKER, SelfTrade.CANCEL_BOTH}:
        cancel(state, maker, Reason.SELF_TRADE)
    if mode in {SelfTrade.CANCEL_TAKER, SelfTrade.CANCEL_BOTH}:
        cancel(state, taker, Reason.SELF_TRADE)


def _decrement(state: State, taker: TwinOrder, maker: TwinOrder) -> None:
    lots = min(taker.left, maker.left)
    for order in (maker, taker):
        if order.left == lots:
            cancel(state, order, Reason.SELF_TRADE)
            continue
        old = order.quantity
        order.quantity -= lots
        shrink(order, order.left - lots)
        state.tell(order, EventKind.DECREMENTED, Reason.NONE, old, order.quantity)


def shrink(order: TwinOrder, left: int) -> None:
    """Leave only so many lots; what is hidden goes first."""
    order.hidden = max(0, left - order.shown)
    order.shown = left - order.hidden


def trade(
    state: State,
    maker: TwinOrder,
    taker: TwinOrder,
    lots: int,
    price: int,
    *,
    auction: bool,
) -> None:
    quote, base = lots * price * state.market.tick_value, lots * state.market.lot_size
    buyer, seller = (taker, maker) if taker.buys else (maker, taker)
    fees = {}
    for order in (maker, taker):
        rate = order.asked.maker_ppm if order is maker else order.asked.taker_ppm
        fees[order.id] = rounded_up(base if order is buyer else quote, rate)
        order.filled += lots
        order.filled_quote += quote
        if order.asked.budget:
            order.quantity += lots
    state.pay(buyer.user, "quote", -quote)
    state.pay(seller.user, "base", -base)
    state.pay(buyer.user, "base", base - fees[buyer.id])
    state.pay(seller.user, "quote", quote - fees[seller.id])
    state.fees["base"] += fees[buyer.id]
    state.fees["quote"] += fees[seller.id]
    buyer.received += base - fees[buyer.id]
    state.trades.append(
        Trade(
            maker.id, taker.id, taker.asked.side, price, lots,
            fees[maker.id], fees[taker.id], auction,
        )
    )  # fmt: skip
    state.prices.append(price)
    if state.reference is None:
        state.reference = price
    for order in (maker, taker):
        if not order.asked.budget:
            _use_up(order, lots, whole=auction)
    if not auction:
        _after_trade(state, maker, taker)


def _use_up(order: TwinOrder, lots: int, *, whole: bool) -> None:
    """Take lots off what is left: of what is shown, or in an auction of the whole."""
    if whole:
        order.shown, order.hidden = order.left - lots, 0
    else:
        order.shown -= lots


def _after_trade(state: State, maker: TwinOrder, taker: TwinOrder) -> None:
    for order in (maker, taker):
        cancel_other_leg(state, order)
    if not maker.left:
        fill(state, maker)
    elif not maker.shown:
        # The next part of an iceberg queues behind everybody at its price.
        maker.queue = state.next_arrival()
        show(maker)
