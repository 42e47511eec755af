"""`DELETE` and `PATCH /orders/{order_id}` by the fast lane, as orders.api.cancelling."""

from typing import Any

from kernel import clock
from kernel.lane import Answer, Request
from orders.commands import CommandKind
from orders.lane.desk import (
    BEFORE,
    Desk,
    answer_with,
    as_command,
    look,
    look_fills,
    standing_told,
    wait_ms,
)
from orders.lane.forms import Form, read_amendment
from orders.lane.waiting import Waiter
from orders.models import Market, NewCommand
from orders.rules import check_amendment, check_takes_cancels
from orders.selectors import PlacedOrder, Standing
from orders.serializers import amended, is_decided
from orders.services import amend_values, cancel_values, check_live, terms_of


async def cancel(desk: Desk, request: Request) -> Answer | None:
    return await _change(desk, request, CommandKind.CANCEL, None)


async def amend(desk: Desk, request: Request) -> Answer | None:
    form = read_amendment(request.body)
    return await _change(desk, request, CommandKind.AMEND, form) if form else None


async def _change(
    desk: Desk, request: Request, kind: CommandKind, form: Form | None
) -> Answer | None:
    reading = await desk.venues.read()
    if reading is None:
        return None
    wait = wait_ms(request)
    # Whatever happens to the order after it was read is heard.
    with desk.waiting.waiter(wait_ms=wait) as waiter:
        desk.waiting.add(waiter, {request.number: int(kind)})
        try:
            if wait:
                await desk.follow()
            found = await desk.orders(user_id=request.user_id, order_ids=[request.number])
            placed = found[request.number]
            market = reading.by_id[placed.command.market_id]
            command = change_command(placed, market, form)
        except (KeyError, *BEFORE):
            return None
        if not await desk.log(commands=[command], waiter=waiter):
            return None
        standing = await _outcome(desk, command, placed, waiter)
    return answer_with(standing, await look_fills(standing.placed), market)


def change_command(placed: PlacedOrder, market: Market, form: Form | None) -> NewCommand:
    """The command that changes an order by a form, or without one cancels it.

    raises  what orders.services.amend_order and request_cancel raise, but for orders that
            are not the user's
    """
    check_live(placed=placed)
    if form is None:
        check_takes_cancels(market=market.rules)
        return NewCommand(**cancel_values(placed=placed, now=clock.now()))
    values: dict[str, Any] = amended(form, market.rules)
    check_amendment(market=market.rules, terms=terms_of(placed=placed), **values)
    return NewCommand(**amend_values(placed=placed, **values, now=clock.now()))


async def _outcome(
    desk: Desk, command: NewCommand, placed: PlacedOrder, waiter: Waiter
) -> Standing:
    """How far the command has come when its time is over, or when it is decided."""
    if waiter.is_over():  # `Prefer: respond-async`
        return Standing(as_command(command), placed, [])
    while True:
        await waiter.all_told()
        told = waiter.told.get(placed.command.pk)
        standing = standing_told(command, placed, told) if told else None
        if standing is None:
            [standing] = await look(command.user_id, [command])
        if is_decided(standing) or waiter.is_over():
            return standing
        desk.waiting.listen_again(waiter)
