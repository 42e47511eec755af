"""What a unit sets off: exits get to work, stops are triggered, until nothing is left."""

from matching.tests.twin import accepting
from matching.tests.twin.endings import cancel, cancel_other_leg, waiting_exits
from matching.tests.twin.placing import activate
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
            break


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
    if state.window is None:
        return None
    low, high = state.window
    armed = [
        order
        for order in state.orders.values()
        if order.status is OrderStatus.ARMED and _has_fixed_trigger(state, order)
    ]
    rising = [o for o in armed if o.waits_for_rise and state.trigger_of(o) <= high]
    falling = [o for o in armed if not o.waits_for_rise and state.trigger_of(o) >= low]
    if rising:
        return min(rising, key=lambda o: (state.trigger_of(o), o.queue))
    return min(falling, key=lambda o: (-state.trigger_of(o), o.queue), default=None)


def _has_fixed_trigger(state: State, order: TwinOrder) -> bool:
    """A trailing stop has one once a price has touched it."""
    return order.type is not OrderType.TRAILING_STOP or state.trailing(order)[1]


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
