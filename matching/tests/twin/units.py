"""Commands that stand together: all are carried out, or none is."""

from copy import deepcopy

from matching.tests.twin.changing import (
    NOT_THERE,
    amend,
    has_live_links,
    own_live,
    take_back,
    takes_amends,
)
from matching.tests.twin.endings import reject
from matching.tests.twin.placing import place
from matching.tests.twin.state import Refusal, State, TwinOrder
from matching.tests.twin.taking import execute
from orders.commands import Amend, Cancel, Command, EventKind, Place, Reason

REFUSED = {Amend: EventKind.AMEND_REFUSED, Cancel: EventKind.CANCEL_REFUSED}


def all_or_none(state: State, commands: tuple[Command, ...]) -> None:
    trial = deepcopy(state)
    trial.collecting = True
    for bad, command in enumerate(commands):
        refusal = _unfit_for_unit(state, trial, commands[:bad], command) or _try(
            trial, command
        )
        if refusal:
            if refusal.reason is Reason.INSUFFICIENT_FUNDS:
                refusal = _added_up(state, trial, command, refusal)
            _refuse_all(state, commands, bad, refusal)
            return
    told = trial.told[len(state.told) :]
    for command in commands:
        if isinstance(command, Place):
            state.told += [
                line
                for line in told
                if line.order == command.id and line.kind is EventKind.CAPPED
            ]
            order = TwinOrder.of(command)
            order.price = trial.orders[order.id].price
            state.orders[order.id] = order
            execute(state, order)
        else:
            carry_out(state, command)


def _unfit_for_unit(
    state: State, trial: State, earlier: tuple[Command, ...], command: Command
) -> Refusal | None:
    """A unit cannot change what it is only about to place, nor amend an order twice, nor
    cancel an order's links and amend it."""
    if not isinstance(command, Amend | Cancel):
        return None
    if command.order not in state.orders:
        return NOT_THERE
    order = own_live(state, command.user, command.order)
    still_live = own_live(trial, command.user, command.order)
    if isinstance(command, Cancel) or order is None or still_live is None:
        return None
    if takes_amends(state) and has_live_links(state, order):
        return Refusal(Reason.LINKED_ORDER)
    if any(isinstance(c, Amend) and c.order == command.order for c in earlier):
        return Refusal(Reason.NOT_AMENDABLE)
    return None


def _added_up(state: State, trial: State, command: Command, refusal: Refusal) -> Refusal:
    """What was there before the unit, and what the unit needs up to this command."""
    number = command.order if isinstance(command, Amend) else command.id
    order = trial.orders[number]
    earlier = state.available_for(order) - trial.available_for(order)
    return refusal._replace(limit=refusal.limit + earlier, actual=refusal.actual + earlier)


def carry_out(state: State, command: Command) -> None:
    """Amend or take back; who may not is told."""
    refusal = _try(state, command)
    if refusal:
        _tell_refusal(state, command, refusal)


def _try(state: State, command: Command) -> Refusal | None:
    if isinstance(command, Place):
        return place(state, command)
    if isinstance(command, Amend):
        return amend(state, command)
    assert isinstance(command, Cancel)
    return take_back(state, command)


def _refuse_all(
    state: State, commands: tuple[Command, ...], bad: int, refusal: Refusal
) -> None:
    for number, command in enumerate(commands):
        why = refusal if number == bad else Refusal(Reason.UNIT_REFUSED)
        if isinstance(command, Place):
            order = TwinOrder.of(command)
            state.orders[order.id] = order
            reject(state, order, *why)
        else:
            _tell_refusal(state, command, why)


def _tell_refusal(state: State, command: Command, refusal: Refusal) -> None:
    """A refusal is told of an order that is live and the user's."""
    assert isinstance(command, Amend | Cancel)
    order = own_live(state, command.user, command.order)
    if order:
        state.tell(order, REFUSED[type(command)], *refusal)
