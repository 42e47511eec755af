"""What a unit sets off: exits get to work, stops are triggered, until nothing is left."""

from matching.tests.twin import accepting
from matching.tests.twin.endings import cancel, cancel_other_leg, waiting_exits
from matching.tests.twin.placing import activate
from matching.tests.twin.prices import touches
from matching.tests.twin.state import State, TwinOrder
from matching.tests.twin.taking import execute
from orders.commands import EventKind, OrderStatus, OrderType, Reason


def aftermath(state: State) -> None:
    while state.open:
        if entry := _entry_that_ended(state):
            activate(state, entry, *waiting_exits(state, entry))
        elif order := _touched(state):
            _trigger(state, order)
        else:
            return
    state.forget_prices()


def _entry_that_ended(state: State) -> TwinOrder | None:
    """The oldest bracket whose exits can get to work."""
    entries = [
        order
        for order in state.orders.values()
        if not order.live and order.filled and waiting_exits(state, order)
    ]
    return min(entries, key=lambda order: order.id, default=None)


def _touched(state: State) -> TwinOrder | None:
    """The armed order whose turn it is: the first on the way up, then on the way down."""
    touched = [order for order in state.orders.values() if _is_touched(state, order)]
    rising = [o for o in touched if o.waits_for_rise]
    falling = [o for o in touched if not o.waits_for_rise]
    if rising:
        return min(rising, key=lambda o: (state.trigger_of(o), o.queue))
    return min(falling, key=lambda o: (-state.trigger_of(o), o.queue), default=None)


def _is_touched(state: State, order: TwinOrder) -> bool:
    if order.status is not OrderStatus.ARMED:
        return False
    if order.type is OrderType.TRAILING_STOP and not state.trailing(order)[1]:
        return False
    trigger = state.trigger_of(order)
    return any(
        touches(price, trigger, rise=order.waits_for_rise)
        for price in state.prices[order.counts_from :]
    )


def _trigger(state: State, order: TwinOrder) -> None:
    cancel_other_leg(state, order)
    trigger = state.trigger_of(order)
    state.tell(order, EventKind.TRIGGERED, Reason.NONE, trigger, state.last_price or 0)
    order.trigger, order.status = trigger, OrderStatus.OPEN
    order.queue = 0
    refusal = None
    if order.has_price:
        refusal = accepting.refused_by_band(state, order)
    else:
        order.cap = state.cap_from(order, trigger)
    if refusal:
        cancel(state, order, *refusal)
    else:
        execute(state, order)
