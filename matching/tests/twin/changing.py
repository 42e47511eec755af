"""What a user can still do with an order: take it back, or amend it."""

from matching.tests.twin import accepting
from matching.tests.twin.endings import cancel, cancel_only, waiting_exits
from matching.tests.twin.state import Refusal, State, TwinOrder
from matching.tests.twin.taking import execute, shrink
from orders.commands import (
    Amend,
    Cancel,
    CancelAll,
    EventKind,
    MarketState,
    OrderStatus,
    OrderType,
    Reason,
)

NOT_THERE = Refusal(Reason.ORDER_NOT_OPEN)


def own_live(state: State, user: int, order_id: int) -> TwinOrder | None:
    order = state.orders.get(order_id)
    return order if order and order.live and order.user == user else None


def take_back(state: State, command: Cancel) -> Refusal | None:
    order = own_live(state, command.user, command.order)
    if order is None:
        return NOT_THERE
    if state.market.state is MarketState.HALTED:
        return Refusal(Reason.MARKET_NOT_OPEN)
    cancel(state, order, Reason.CANCELLED_BY_USER)
    return None


def take_all_back(state: State, command: CancelAll) -> None:
    if state.market.state is MarketState.HALTED:
        return
    for order in sorted(state.live_of(command.user), key=lambda order: -order.id):
        if command.side in {0, order.asked.side}:
            exits = waiting_exits(state, order)
            cancel_only(state, [order, *exits], Reason.CANCELLED_ALL)


def amend(state: State, command: Amend) -> Refusal | None:
    """Amend, or say why not and leave the order as it was."""
    order = own_live(state, command.user, command.order)
    if order is None:
        return NOT_THERE
    before, told = vars(order).copy(), len(state.told)
    refusal = _refused_before(state, order, command)
    if refusal or _changes_nothing(order, command):
        return refusal
    old_need = state.need(order)
    order.price = command.price or order.price
    order.trigger = command.trigger or order.trigger
    left = (command.quantity or order.quantity) - order.filled
    comes_anew = order.status is OrderStatus.OPEN and (
        order.price != before["price"] or left > order.left
    )
    if comes_anew:
        refusal = _refused_by_price(state, order, before["price"])
        comes_anew = order.price != before["price"] or left > order.left
    if refusal is None:
        _resize(order, left, anew=comes_anew)
        if command.trigger:
            accepting.set_cap(state, order)
        refusal = _refused_by_extra_need(state, order, old_need)
    if refusal:
        vars(order).update(before)
        del state.told[told:]
        return refusal
    _tell_changes(state, order, before)
    _continue(
        state, order, comes_anew=comes_anew, rearmed=order.trigger != before["trigger"]
    )
    return None


def _refused_before(state: State, order: TwinOrder, command: Amend) -> Refusal | None:
    if not takes_amends(state):
        return Refusal(Reason.MARKET_NOT_OPEN)
    if has_live_links(state, order):
        return Refusal(Reason.LINKED_ORDER)
    if not _fits(state, order, command):
        return Refusal(Reason.NOT_AMENDABLE)
    if command.quantity and command.quantity <= order.filled:
        return Refusal(Reason.AMEND_BELOW_FILLED, order.filled, command.quantity)
    return None


def takes_amends(state: State) -> bool:
    return state.market.state in {
        MarketState.OPEN,
        MarketState.AUCTION,
        MarketState.POST_ONLY,
    }


def has_live_links(state: State, order: TwinOrder) -> bool:
    return any(other.live for other in state.others_of(order))


def _fits(state: State, order: TwinOrder, command: Amend) -> bool:
    """Whether the order has what is to be changed."""
    has_trigger = order.status is OrderStatus.ARMED and order.type in {
        OrderType.STOP,
        OrderType.STOP_LIMIT,
        OrderType.TAKE_PROFIT,
        OrderType.TAKE_PROFIT_LIMIT,
    }
    if command.trigger and not (has_trigger and state.open):
        return False
    if command.price and not order.has_price:
        return False
    return not (command.quantity and order.asked.budget)


def _changes_nothing(order: TwinOrder, command: Amend) -> bool:
    return (
        command.price in {0, order.price}
        and command.quantity in {0, order.quantity}
        and command.trigger in {0, order.trigger}
    )


def _refused_by_price(state: State, order: TwinOrder, old_price: int) -> Refusal | None:
    refusal = None
    if order.price != old_price:
        refusal = accepting.refused_by_band(state, order)
    only_posts = state.market.state is MarketState.POST_ONLY
    return refusal or accepting.refused_by_post_only(state, order, always=only_posts)


def _resize(order: TwinOrder, left: int, *, anew: bool) -> None:
    order.quantity = order.filled + left
    if anew:
        order.shown, order.hidden = left, 0
    else:
        _keep_place(order, left)


def _keep_place(order: TwinOrder, left: int) -> None:
    if order.status is OrderStatus.OPEN:
        shrink(order, left)
    else:
        order.shown = left


def _refused_by_extra_need(state: State, order: TwinOrder, old_need: int) -> Refusal | None:
    """`order` needs already what it will need; what it needed before is counted back."""
    extra = state.need(order) - old_need
    available = state.available_for(order) + extra
    if available < extra:
        return Refusal(Reason.INSUFFICIENT_FUNDS, available, extra)
    return None


def _tell_changes(state: State, order: TwinOrder, before: dict[str, int]) -> None:
    for name, kind in (
        ("price", EventKind.PRICE_AMENDED),
        ("quantity", EventKind.QUANTITY_AMENDED),
        ("trigger", EventKind.TRIGGER_AMENDED),
    ):
        old, new = before[name], getattr(order, name)
        if old != new:
            state.tell(order, kind, Reason.NONE, old, new)


def _continue(state: State, order: TwinOrder, *, comes_anew: bool, rearmed: bool) -> None:
    if comes_anew:
        execute(state, order)
    elif rearmed:
        order.queue = state.next_arrival()
        order.counts_from = max(0, len(state.prices) - 1)
