"""`POST /orders/batch` by the fast lane, as orders.api.batches: each item for itself."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rest_framework.settings import api_settings

from kernel import clock
from kernel.errors import ExchangeError
from kernel.lane import Answer, Request, encode
from orders.commands import CommandKind
from orders.lane.changing import change_command
from orders.lane.desk import BEFORE, Desk, as_command, look, standing_told, wait_ms
from orders.lane.forms import Form, read_batch
from orders.lane.placing import new_order
from orders.lane.venues import Reading
from orders.lane.waiting import Waiter
from orders.models import Market, NewCommand
from orders.selectors import PlacedOrder, Standing
from orders.serializers import is_decided, order_body, refusal_of

Placed = Mapping[int, PlacedOrder]
_NAMES: Final = ("order_id", "client_order_id")


async def batch(desk: Desk, request: Request) -> Answer | None:
    items = read_batch(request.body)
    reading = await desk.venues.read()
    if items is None or reading is None or _names_twice(items):
        return None
    wait = wait_ms(request)
    try:
        about = [int(item["order_id"]) for item in items if "order_id" in item]
        found = await desk.orders(user_id=request.user_id, order_ids=about) if about else {}
        commands = await _commands(desk, request.user_id, items, reading, found)
        if wait:
            await desk.follow()
    except (KeyError, *BEFORE):
        return None
    with desk.waiting.waiter(wait_ms=wait) as waiter:
        desk.waiting.add(waiter, {it.order_id: it.kind for it in commands if it.order_id})
        if not await desk.log(commands=commands, waiter=waiter):
            return None
        await waiter.all_told()
    standings = await _standings(request.user_id, commands, found, waiter)
    results = [_result(it, reading.by_id[it.command.market_id]) for it in standings]
    return Answer(200, encode({"results": results}))


def _names_twice(items: Sequence[Form]) -> bool:
    """Whether two items are about one order, or have one client order id."""
    names = [it[name] for it in items for name in _NAMES if name in it]
    return len(set(names)) != len(names)


async def _commands(
    desk: Desk, user_id: int, items: Sequence[Form], reading: Reading, found: Placed
) -> list[NewCommand]:
    """raises  KeyError when a market or an order is not known; what is wrong with the
    first item that is not acceptable"""
    now = clock.now()
    commands = []
    for item in items:
        if item["op"] == "place":
            market = reading.by_symbol[item["market"]]
            commands.append(await new_order(desk, user_id, item, reading, market, now))
        else:
            placed = found[int(item["order_id"])]
            market = reading.by_id[placed.command.market_id]
            form = item if item["op"] == "amend" else None
            commands.append(change_command(placed, market, form))
    return commands


async def _standings(
    user_id: int, commands: Sequence[NewCommand], found: Placed, waiter: Waiter
) -> list[Standing]:
    """How far the commands have come, in their order."""
    standings: list[Standing | None] = []
    for command in commands:
        before = found.get(command.order_id) or PlacedOrder(as_command(command), None)
        told = waiter.told.get(before.command.pk)
        standings.append(
            standing_told(command, before, told)
            if told
            else Standing(as_command(command), before, [])
        )
    unclear = [it for it, known in zip(commands, standings, strict=True) if known is None]
    looked = iter(await look(user_id, unclear) if unclear else [])
    return [next(looked) if known is None else known for known in standings]


def _result(standing: Standing, market: Market) -> dict[str, Any]:
    body = order_body(standing.placed, market)
    if error := refusal_of(standing, market):
        error.extra["order"] = body
        return _problem(error)
    done = 201 if standing.command.kind == CommandKind.PLACE else 200
    return {"status": done if is_decided(standing) else 202, "order": body}


def _problem(error: ExchangeError) -> dict[str, Any]:
    """The item's error, as the answer to it alone would have told it."""
    tell: Any = api_settings.EXCEPTION_HANDLER
    answer = tell(error, {})
    return {"status": answer.status_code, "problem": answer.data}
