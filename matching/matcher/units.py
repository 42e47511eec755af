"""Units that are carried out as a whole or not at all. Pure.

Everything is judged before anything is done: against the book as it stands, with the
unit's own earlier prices and needs added up. Proceeds of its own trades do not count, so
what was found acceptable stays so until its turn.
"""

from typing import TYPE_CHECKING

from kernel.units import BIGINT_MAX
from matching.book import BUY, OPEN, SELL, BookOrder, new_order
from matching.matcher import changes, lists
from matching.matcher.beside import Beside
from orders.commands import (
    Amend,
    Cancel,
    Command,
    EventKind,
    MarketState,
    Place,
    Reason,
    Unit,
    UnitKind,
)

if TYPE_CHECKING:
    from matching.matcher.placing import Matcher

Refused = tuple[Reason, int, int]


class _Judge:
    """Looks at the commands of a unit one after the other.

    beside   what they do to the book
    needed   side -> atoms that they need so far, less those that they give back
    amended  order id -> atoms that its amend needs
    """

    def __init__(self, matcher: "Matcher") -> None:
        self.matcher = matcher
        self.beside = Beside()
        self.needed = {BUY: 0, SELL: 0}
        self.amended: dict[int, int] = {}
        self.ended: set[int] = set()

    def place(self, order: BookOrder) -> Refused | None:
        refusal = self.matcher.refusal(order, beside=self.beside)
        if refusal is not None:
            return refusal
        self.beside.stands(order, order.price)
        self.beside.count += 1
        return self._lacks(order, self.matcher.money.need(order), order.id)

    def cancel(self, user: int, command: Cancel) -> Refused | None:
        order = self._live(user, command.order)
        if order is None:
            return Reason.ORDER_NOT_OPEN, 0, 0
        if self.matcher.state == MarketState.HALTED:
            return Reason.MARKET_NOT_OPEN, 0, 0
        for gone in (order, *lists.following(order)):
            self.ended.add(gone.id)
            self.beside.leaves(gone)
            self.needed[gone.side] -= gone.hold + self.amended.get(gone.id, 0)
        return None

    def amend(self, user: int, command: Amend) -> Refused | None:
        order = self._live(user, command.order)
        if order is None:
            return Reason.ORDER_NOT_OPEN, 0, 0
        if order.id in self.amended:
            return Reason.NOT_AMENDABLE, 0, 0
        plan = changes.planned(self.matcher, order, command, self.beside)
        if plan.refused is not None:
            return plan.refused
        self.amended[order.id] = plan.more
        if order.status == OPEN:
            self.beside.gone.add(order.id)
            self.beside.stands(order, plan.price)
        return self._lacks(order, plan.more, command.id)

    def _live(self, user: int, number: int) -> BookOrder | None:
        if number in self.ended:
            return None
        return self.matcher.book.live.get(user, {}).get(number)

    def _lacks(self, order: BookOrder, more: int, command: int) -> Refused | None:
        self.needed[order.side] += more
        total = self.needed[order.side]
        if more <= 0:
            return None
        available = self.matcher.money.lacks(order, total, command)
        if available is None:
            return None
        # Of up to a hundred orders, so it may be more than there can ever be.
        return Reason.INSUFFICIENT_FUNDS, available, min(total, BIGINT_MAX)


def carry_out(matcher: "Matcher", unit: Unit, created: int) -> None:
    """Carry out what stands together."""
    if unit.kind == UnitKind.ALL_OR_NONE:
        all_or_none(matcher, unit, created)
    else:
        lists.place(matcher, unit, created)


def all_or_none(matcher: "Matcher", unit: Unit, created: int) -> None:
    """Carry out a unit of places, cancels and amends, or refuse all of it."""
    judge, orders, told = (
        _Judge(matcher),
        dict[int, BookOrder](),
        len(matcher.outcome.events),
    )
    for command in unit.commands:
        if isinstance(command, Place):
            order = orders[command.id] = new_order(command, created)
            matcher.outcome.orders[order.id] = order
    for command in unit.commands:
        matcher.book.command = command.id
        refused = _judged(judge, orders, command)
        if refused is not None:
            del matcher.outcome.events[told:]
            _refuse(matcher, unit, orders, command, refused)
            return
    for command in unit.commands:
        matcher.book.command = command.id
        _carry_out(matcher, orders, command)


def _carry_out(matcher: "Matcher", orders: dict[int, BookOrder], command: Command) -> None:
    if isinstance(command, Place):
        matcher.go_on(orders[command.id])
    elif isinstance(command, Cancel):
        matcher.cancel(command.user, command.order)
    elif isinstance(command, Amend):
        changes.amend(matcher, command)


def _judged(
    judge: _Judge, orders: dict[int, BookOrder], command: Command
) -> Refused | None:
    if isinstance(command, Place):
        return judge.place(orders[command.id])
    if isinstance(command, Cancel):
        return judge.cancel(command.user, command)
    if isinstance(command, Amend):
        return judge.amend(command.user, command)
    raise TypeError(f"{command} cannot stand in a unit")


def _refuse(
    matcher: "Matcher",
    unit: Unit,
    orders: dict[int, BookOrder],
    culprit: Command,
    refused: Refused,
) -> None:
    """Nothing is done: the culprit has its own reason, the others that of the unit."""
    for command in unit.commands:
        matcher.book.command = command.id
        why = refused if command is culprit else (Reason.UNIT_REFUSED, 0, 0)
        if isinstance(command, Place):
            order = orders[command.id]
            order.price = command.price  # it may have been capped
            matcher.reject(order, *why)
        elif isinstance(command, Cancel | Amend):
            live = matcher.book.live.get(command.user, {}).get(command.order)
            kind = EventKind.CANCEL_REFUSED
            if isinstance(command, Amend):
                kind = EventKind.AMEND_REFUSED
            if live is not None:
                reason, limit, actual = why
                matcher.tell(live, kind, reason, limit=limit, actual=actual)
