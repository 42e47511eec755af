"""Changes of live orders by their users: amend, cancel all. Pure."""

from typing import TYPE_CHECKING, NamedTuple

from matching.book import OPEN, BookOrder
from matching.matcher import lists, stops, taking
from matching.matcher.beside import Beside
from orders.commands import (
    Amend,
    CancelAll,
    EventKind,
    MarketState,
    OrderStatus,
    OrderType,
    PostOnly,
    Reason,
)

if TYPE_CHECKING:
    from matching.matcher.placing import Matcher

ARMED, CANCELLED = OrderStatus.ARMED.value, OrderStatus.CANCELLED.value
AMENDABLE = (MarketState.OPEN, MarketState.POST_ONLY, MarketState.AUCTION)


class Amendment(NamedTuple):
    """What an order is to become, or why it is not.

    capped, slid  the price that it was asked to have before it was capped or slid; 0: not
    more          atoms that it needs beyond what it holds; below 0: fewer
    refused       None if it can be carried out, but for its funds
    """

    order: BookOrder
    price: int = 0
    quantity: int = 0
    trigger: int = 0
    capped: int = 0
    slid: int = 0
    more: int = 0
    refused: tuple[Reason, int, int] | None = None

    @property
    def changes_nothing(self) -> bool:
        order = self.order
        now = (order.price, order.quantity, order.trigger)
        return (self.price, self.quantity, self.trigger) == now

    @property
    def keeps_place(self) -> bool:
        """A smaller quantity, and nothing else."""
        order = self.order
        return (
            self.price == order.price
            and self.quantity <= order.quantity
            and self.trigger == order.trigger
        )


def amend(matcher: "Matcher", command: Amend) -> None:
    """Change a live order; one that is not, or another's, stays as it is."""
    order = matcher.book.live.get(command.user, {}).get(command.order)
    if order is None:
        return
    plan = planned(matcher, order, command)
    refused = plan.refused
    if refused is None and plan.more > 0:
        available = matcher.money.lacks(order, plan.more, matcher.command)
        if available is not None:
            refused = Reason.INSUFFICIENT_FUNDS, available, plan.more
    if refused is not None:
        reason, limit, actual = refused
        matcher.tell(order, EventKind.AMEND_REFUSED, reason, limit=limit, actual=actual)
    elif not plan.changes_nothing or plan.capped or plan.slid:
        _carry_out(matcher, plan)


def planned(
    matcher: "Matcher", order: BookOrder, command: Amend, beside: Beside | None = None
) -> Amendment:
    """What an amend comes to. It changes nothing.

    beside  what the unit that it stands in does to the book before it
    """
    price = command.price or order.price
    quantity = command.quantity or order.quantity
    trigger = command.trigger or order.trigger
    refused = _unfit(matcher, order, command)
    if refused is not None:
        return Amendment(order, refused=(refused, 0, 0))
    if command.quantity and quantity <= order.filled:
        below = Reason.AMEND_BELOW_FILLED, order.filled, quantity
        return Amendment(order, refused=below)
    plan = _priced(matcher, Amendment(order, price, quantity, trigger), beside)
    if plan.refused is not None:
        return plan
    more = _need_of(matcher, order, plan.price, quantity, trigger) - order.hold
    return plan._replace(more=more)


def _priced(matcher: "Matcher", plan: Amendment, beside: Beside | None) -> Amendment:
    """The plan at the price that the bands and post-only leave it."""
    order, price = plan.order, plan.price
    if order.status != OPEN:
        return plan
    if price != order.price:
        beyond = matcher.beyond_band(order.side, price)
        if beyond is not None and not matcher.rules.band_caps:
            return plan._replace(refused=(Reason.PRICE_BAND, beyond, price))
        if beyond is not None:
            plan = plan._replace(capped=price, price=beyond)
    if plan.keeps_place:
        return plan
    best = matcher.would_take(order.side, plan.price, beside)
    if best is None or not _must_not_take(matcher, order):
        return plan
    off = matcher.rules.one_off(best, order.side)
    if order.extra.post_only != PostOnly.SLIDE or off is None:
        return plan._replace(refused=(Reason.POST_ONLY_WOULD_TAKE, best, plan.price))
    return plan._replace(slid=plan.price, price=off)


def _unfit(matcher: "Matcher", order: BookOrder, command: Amend) -> Reason | None:
    """Why such an order cannot be amended so."""
    if matcher.state not in AMENDABLE:
        return Reason.MARKET_NOT_OPEN
    links = order.links
    if links is not None and any(
        other is not None and other is not order and lists.is_live(other)
        for other in (links.entry, links.limit, links.stop)
    ):
        return Reason.LINKED_ORDER
    armed = order.status == ARMED
    if command.trigger and not (
        armed and matcher.is_open and order.type != OrderType.TRAILING_STOP
    ):
        return Reason.NOT_AMENDABLE
    if command.price and armed and order.type not in stops.WITH_LIMIT:
        return Reason.NOT_AMENDABLE
    return Reason.NOT_AMENDABLE if command.quantity and order.budget else None


def _must_not_take(matcher: "Matcher", order: BookOrder) -> bool:
    return bool(order.extra.post_only) or matcher.state == MarketState.POST_ONLY


def _need_of(
    matcher: "Matcher", order: BookOrder, price: int, quantity: int, trigger: int
) -> int:
    """What the order would need if it had these."""
    filled = order.filled
    now = order.price, order.quantity, order.cap, order.remaining, order.hidden
    if trigger != order.trigger and order.type not in stops.WITH_LIMIT:
        order.cap = taking.cap_from(matcher, trigger, order)
    order.price, order.quantity = price, quantity
    order.remaining, order.hidden = quantity - filled, 0
    need = matcher.money.need(order)
    order.price, order.quantity, order.cap, order.remaining, order.hidden = now
    return need


def _carry_out(matcher: "Matcher", plan: Amendment) -> None:
    order = plan.order
    _tell(matcher, plan)
    if plan.keeps_place:
        taking.shrink(matcher, order, order.quantity - plan.quantity)
        return
    moves = order.status == OPEN or plan.trigger != order.trigger
    if moves:
        matcher.drop(order)
        matcher.outcome.left.add((order.side, order.price))
        order.moved = matcher.book.next_priority()
    elif order.level is not None:
        order.level.lots += plan.quantity - order.quantity
    _set(matcher, plan)
    if plan.more > 0:
        matcher.money.hold(order, plan.more)
    matcher.money.release(order)
    if order.status == OPEN:
        matcher.enter(order)
    elif moves:
        matcher.book.enlist(order)
        stops.rearm(matcher, order)


def _set(matcher: "Matcher", plan: Amendment) -> None:
    order, filled = plan.order, plan.order.filled
    if plan.trigger != order.trigger:
        order.trigger = plan.trigger
        if order.type not in stops.WITH_LIMIT:
            order.cap = taking.cap_from(matcher, order.trigger, order)
    order.price, order.quantity, order.altered = plan.price, plan.quantity, True
    order.remaining, order.hidden = plan.quantity - filled, 0


def _tell(matcher: "Matcher", plan: Amendment) -> None:
    order = plan.order
    if plan.capped:
        matcher.tell(
            order, EventKind.CAPPED, limit=plan.capped, actual=plan.slid or plan.price
        )
    if plan.slid:
        matcher.tell(order, EventKind.SLID, limit=plan.slid, actual=plan.price)
    for kind, old, new in (
        (EventKind.PRICE_AMENDED, order.price, plan.price),
        (EventKind.QUANTITY_AMENDED, order.quantity, plan.quantity),
        (EventKind.TRIGGER_AMENDED, order.trigger, plan.trigger),
    ):
        if new != old:
            matcher.tell(order, kind, limit=old, actual=new)


def cancel_all(matcher: "Matcher", command: CancelAll) -> None:
    """Cancel a user's live orders, the youngest first; exits go with their entries."""
    if matcher.state == MarketState.HALTED:
        return
    mine = matcher.book.live.get(command.user, {})
    chosen = {
        number: order for number, order in mine.items() if command.side in (0, order.side)
    }
    for order in list(chosen.values()):
        links = order.links
        if links is not None and order is links.entry:
            for leg in (links.limit, links.stop):
                if lists.is_live(leg):
                    chosen[leg.id] = leg
    for number in sorted(chosen, reverse=True):
        order = chosen[number]
        order.links = None  # all of its list that could follow goes by itself
        matcher.end(order, CANCELLED, Reason.CANCELLED_ALL)
