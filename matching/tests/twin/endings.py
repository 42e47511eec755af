"""How orders end, and what that means for the other orders of their list."""

from collections.abc import Iterable

from matching.tests.twin.state import State, TwinOrder
from orders.commands import EventKind, OrderStatus, Reason

#: Ends that are no news: the user asked for them.
ASKED_FOR = {Reason.CANCELLED_BY_USER, Reason.CANCELLED_ALL}


def reject(
    state: State, order: TwinOrder, reason: Reason, limit: int = 0, actual: int = 0
) -> None:
    order.status, order.reason = OrderStatus.REJECTED, reason
    state.tell(order, EventKind.REJECTED, reason, limit, actual)


def cancel(
    state: State, order: TwinOrder, reason: Reason, limit: int = 0, actual: int = 0
) -> None:
    """End an order, and whatever of its list ends with it."""
    cancel_only(state, [order], reason, limit, actual)
    _has_ended(state, order)


def cancel_only(
    state: State,
    orders: Iterable[TwinOrder],
    reason: Reason,
    limit: int = 0,
    actual: int = 0,
) -> None:
    for order in orders:
        order.status, order.reason = OrderStatus.CANCELLED, reason
        if reason not in ASKED_FOR:
            state.tell(order, EventKind.CANCELLED, reason, limit, actual)


def fill(state: State, order: TwinOrder) -> None:
    """Nothing of it is left."""
    order.status = OrderStatus.FILLED
    _has_ended(state, order)


def cancel_other_leg(state: State, order: TwinOrder) -> None:
    other = state.other_leg(order)
    if other and other.live:
        cancel_only(state, [other], Reason.OTHER_LEG)


def waiting_exits(state: State, entry: TwinOrder) -> list[TwinOrder]:
    """The limit leg and the stop leg of a bracket that wait for its entry; or none."""
    if entry.role != "entry":
        return []
    exits = [o for o in state.others_of(entry) if o.status is OrderStatus.WAITING]
    return sorted(exits, key=lambda order: order.id)


def _has_ended(state: State, order: TwinOrder) -> None:
    cancel_other_leg(state, order)
    if not order.filled:
        cancel_only(state, waiting_exits(state, order), Reason.ENTRY_NOT_FILLED)
