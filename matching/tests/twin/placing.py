"""Orders that come alone, in pairs and in brackets."""

from matching.tests.twin import accepting
from matching.tests.twin.endings import cancel, cancel_only, reject
from matching.tests.twin.state import Refusal, State, TwinOrder
from matching.tests.twin.taking import execute
from orders.commands import (
    EventKind,
    OrderStatus,
    OrderType,
    Place,
    Reason,
)


def place(state: State, asked: Place) -> Refusal | None:
    order = _new(state, asked)
    return _place(state, order, together=[order])


def _new(state: State, asked: Place) -> TwinOrder:
    order = TwinOrder.of(asked)
    state.orders[order.id] = order
    return order


def _place(state: State, order: TwinOrder, *, together: list[TwinOrder]) -> Refusal | None:
    """Accept and execute an order; `together` are all of its bracket, or it alone."""
    refusal = (
        accepting.refused_by_state(state, orders=together)
        or accepting.refused_by_time(state, orders=together)
        or accepting.refused_by_count(state, orders=together)
        or _refused_by_price(state, order)
        or accepting.refused_without_last_price(state, order)
    )
    if refusal is None:
        for leg in together[1:]:
            leg.status = OrderStatus.WAITING
        if accepting.finds_nobody(state, order):
            cancel(state, order, Reason.NO_LIQUIDITY)
            return None
        accepting.set_cap(state, order)
        need = accepting.need_at_first(state, order)
        refusal = accepting.refused_by_funds(state, order, need)
    if refusal:
        reject(state, order, *refusal)
    elif order.type in {OrderType.LIMIT, OrderType.MARKET}:
        execute(state, order)
    else:
        arm(state, order)
    return refusal


def _refused_by_price(state: State, order: TwinOrder) -> Refusal | None:
    if order.type is not OrderType.LIMIT:
        return None
    return accepting.refused_by_band(state, order) or accepting.refused_by_post_only(
        state, order
    )


def arm(state: State, order: TwinOrder) -> None:
    """Let it wait; the last price counts already."""
    order.status, order.queue = OrderStatus.ARMED, state.next_arrival()
    order.armed_at = len(state.prices) - 1
    order.counts_from = max(0, order.armed_at)
    trigger = state.trigger_of(order)
    state.tell(order, EventKind.ARMED, Reason.NONE, trigger, state.last_price or 0)


def place_pair(state: State, limit_asked: Place, stop_asked: Place) -> None:
    """One cancels the other."""
    limit, stop = _new(state, limit_asked), _new(state, stop_asked)
    _link(limit.id, limit=limit, stop=stop)
    refusal = (
        accepting.refused_by_state(state, orders=[limit, stop])
        or accepting.refused_by_time(state, orders=[limit, stop])
        or accepting.refused_by_count(state, orders=[limit, stop])
        or accepting.refused_by_band(state, limit)
        or accepting.refused_without_last_price(state, stop)
        or _refused_by_funds_of_pair(state, limit, stop)
    )
    if refusal:
        reject(state, limit, *refusal)
        reject(state, stop, *refusal)
    else:
        run_pair(state, limit, stop)


def _refused_by_funds_of_pair(
    state: State, limit: TwinOrder, stop: TwinOrder
) -> Refusal | None:
    accepting.set_cap(state, stop)
    need = max(state.need_alone(limit), state.need_alone(stop))
    return accepting.refused_by_funds(state, limit, need)


def _link(list_id: int, **roles: TwinOrder) -> None:
    for role, order in roles.items():
        order.list_id, order.role = list_id, role


def run_pair(state: State, limit: TwinOrder, stop: TwinOrder) -> None:
    """The limit leg comes to the book; if it neither trades nor ends, the stop is armed."""
    stop.status = OrderStatus.WAITING
    execute(state, limit)
    if stop.live:
        arm(state, stop)


def place_bracket(state: State, *asked: Place) -> None:
    """An entry, and the pair that gets out of it again."""
    entry, limit, stop = (_new(state, place) for place in asked)
    _link(entry.id, entry=entry, limit=limit, stop=stop)
    if _place(state, entry, together=[entry, limit, stop]):
        reject(state, limit, Reason.UNIT_REFUSED)
        reject(state, stop, Reason.UNIT_REFUSED)


def activate(state: State, entry: TwinOrder, limit: TwinOrder, stop: TwinOrder) -> None:
    """The entry has ended with fills: its exits get to work for what it brought."""
    brought = entry.received // state.market.lot_size if entry.buys else entry.filled
    lots = min(limit.quantity, brought)
    if not lots:
        cancel_only(state, [limit, stop], Reason.ENTRY_NOT_FILLED)
        return
    for order in (limit, stop):
        state.tell(order, EventKind.ACTIVATED, Reason.NONE, order.quantity, lots)
        order.quantity = order.shown = lots
    refusal = _refused_by_funds_of_pair(state, limit, stop)
    if refusal:
        cancel_only(state, [limit, stop], *refusal)
    else:
        run_pair(state, limit, stop)
