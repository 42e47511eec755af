"""`POST /orders` by the fast lane: what orders.api.placing does, for a plain order."""

from datetime import datetime

from kernel import clock
from kernel.lane import Answer, Request
from orders.lane.desk import (
    BEFORE,
    Desk,
    answer_with,
    as_command,
    fills_told,
    look,
    look_fills,
    standing_told,
    wait_ms,
)
from orders.lane.forms import Form, read_order
from orders.lane.venues import Reading
from orders.models import Market, NewCommand
from orders.rules import check_order
from orders.selectors import PlacedOrder, Standing
from orders.serializers import order_terms
from orders.services import order_values, stamp_order


async def place(desk: Desk, request: Request) -> Answer | None:
    form = read_order(request.body)
    reading = await desk.venues.read()
    market = reading.by_symbol.get(form["market"]) if reading and form else None
    if form is None or reading is None or market is None:
        return None
    wait = wait_ms(request)
    try:
        command = await new_order(desk, request.user_id, form, reading, market, clock.now())
        if wait:
            await desk.follow()
    except BEFORE:
        return None
    placed = PlacedOrder(as_command(command), None)
    with desk.waiting.waiter(wait_ms=wait) as waiter:
        if not await desk.log(commands=[command], waiter=waiter):
            return None
        await waiter.all_told()
    told = waiter.told.get(command.pk)
    if told is None:
        return answer_with(Standing(as_command(command), placed, []), [], market)
    if standing := standing_told(command, placed, told):
        return answer_with(standing, fills_told(told), market)
    [standing] = await look(request.user_id, [command])
    return answer_with(standing, await look_fills(standing.placed), market)


async def new_order(
    desk: Desk,
    user_id: int,
    form: Form,
    reading: Reading,
    market: Market,
    now: datetime,
) -> NewCommand:
    """The command that places what the form asks for; it may be written.

    raises  what orders.services.place_order raises, but for client order ids
    """
    rules = market.rules
    terms = order_terms(form, rules)
    check_order(market=rules, terms=terms, now=now)
    rates = rules.maker_ppm, rules.taker_ppm
    if market.pk in reading.tiered:
        rates = await desk.venues.rates(reading, user_id=user_id, market=market)
    values = order_values(
        user_id=user_id,
        market=rules,
        shard=market.shard,
        terms=terms,
        client_order_id=form.get("client_order_id"),
        now=now,
    )
    command = NewCommand(**values)
    stamp_order(command=command, market=rules, rates=rates)
    return command
