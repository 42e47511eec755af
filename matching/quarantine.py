"""What becomes of a command that cannot be carried out because of a defect of our own.

It is passed over. Its orders are rejected, the order that it was about is told so, and its
market notes it among its changes, with the reason `internal_error`. If the books
themselves disagree, the market takes nothing but cancels from that place of the log on.
"""

from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError

from kernel.errors import InvariantBroken
from matching.book import BookOrder, new_order
from matching.engine import Engine
from matching.locks import NOBODY
from matching.outcome import Event, Outcome
from matching.selectors import commands_of, last_id
from orders.commands import (
    Amend,
    Cancel,
    Command,
    Configure,
    EventKind,
    MarketState,
    OrderStatus,
    Place,
    Reason,
    Unit,
    UnitKind,
)
from orders.models import Order

#: The reason of the change that a market notes for a command that was passed over.
NOTE = Reason.INTERNAL_ERROR.name.lower()
LISTS = (UnitKind.OCO, UnitKind.BRACKET)


def is_broken(failure: Exception) -> bool:
    """Whether a failure says that the books disagree, not only that a command is odd."""
    return isinstance(failure, InvariantBroken | AssertionError | IntegrityError)


def state_after(state: MarketState, *, broken: bool) -> MarketState:
    """A market that is halted already stays so: cancels too wait for a person."""
    if broken and state != MarketState.HALTED:
        return MarketState.CANCEL_ONLY
    return state


def pass_over(
    engine: Engine, unit: Command | Unit, *, created: int, state: MarketState
) -> Outcome:
    """What follows when a unit is not carried out; `engine` has its market.

    state  of the market from here on
    """
    note: dict[str, Any] = {"reason": NOTE}
    if engine.markets[unit.market].state != state:
        note["state"] = state.value
    change = Configure(last_id(unit), unit.market, NOBODY, note)
    outcome = engine.note(change)
    outcome.orders = {order.id: order for order in _rejected(unit, created)}
    outcome.placed = outcome.orders.keys()
    outcome.events += _told(unit)
    return outcome


def _rejected(unit: Command | Unit, created: int) -> Iterator[BookOrder]:
    commands = commands_of(unit)
    is_list = isinstance(unit, Unit) and unit.kind in LISTS
    for command in commands:
        if isinstance(command, Place):
            order = new_order(command, created)
            order.status = OrderStatus.REJECTED.value
            order.reason = Reason.INTERNAL_ERROR.value
            order.list_id = commands[0].id if is_list else 0
            yield order


def _told(unit: Command | Unit) -> Iterator[Event]:
    """An event for each order that the unit was about, if there is such an order."""
    why = Reason.INTERNAL_ERROR.value
    for command in commands_of(unit):
        if isinstance(command, Place):
            kind, order = EventKind.REJECTED, command.id
        elif isinstance(command, Cancel | Amend):
            amends = isinstance(command, Amend)
            kind = EventKind.AMEND_REFUSED if amends else EventKind.CANCEL_REFUSED
            order = command.order
            if not _is_theirs(command):
                continue
        else:
            continue
        yield Event(order, command.id, kind.value, why, 0, 0)


def _is_theirs(command: Cancel | Amend) -> bool:
    """Whether there was such an order of this user, before the command came."""
    return (
        command.order < command.id
        and Order.objects.filter(
            pk=command.order, user_id=command.user, market_id=command.market
        ).exists()
    )
