"""Reads about what happened to orders, scoped by their owner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from orders.commands import LIVE, CommandKind, OrderSide, OrderStatus
from orders.models import Command, Order, OrderEvent, PreventedMatch
from orders.selectors.fills import Fill, fills_of_order
from orders.selectors.many import PlacedOrder
from orders.selectors.placed import order_of, orders_by_id

#: An order may be amended again and again; so many of its events are told, the newest.
STORY_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of an order, each part the oldest first."""

    placed: PlacedOrder
    events: list[OrderEvent]
    fills: list[Fill]


def story_of(*, user_id: int, order_id: int) -> Story:
    """raises  UnknownOrder when there is none or it is somebody else's"""
    placed = order_of(user_id=user_id, order_id=order_id)
    events = OrderEvent.objects.filter(order_id=order_id).order_by("-id")[:STORY_MAX]
    fills = fills_of_order(placed.record) if placed.record else []
    return Story(placed, list(events)[::-1], fills)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a command of a user has come.

    placed  the order that it places or is about, as it stands now
    events  what the command did to it, the oldest first
    """

    command: Command
    placed: PlacedOrder
    events: list[OrderEvent]


def standings_of(*, user_id: int, commands: Sequence[Command]) -> list[Standing]:
    """How far commands that place, cancel or amend have come, in their order."""
    about = {command.pk: command.order_id or command.pk for command in commands}
    orders = orders_by_id(user_id=user_id, order_ids=about.values())
    # What came before an order's state was read is among the events that are read next.
    told: dict[tuple[int, int], list[OrderEvent]] = {}
    if any(_has_story(it, orders[about[it.pk]]) for it in commands):
        for event in events_by(order_ids=orders, command_ids=about):
            told.setdefault((event.order_id, event.command_id), []).append(event)
    if told:
        # And what these events did may be younger than the state that was read.
        changed = {order_id for order_id, _ in told}
        orders |= orders_by_id(user_id=user_id, order_ids=changed)
    return [
        Standing(it, orders[about[it.pk]], told.get((about[it.pk], it.pk), []))
        for it in commands
    ]


def _has_story(command: Command, placed: PlacedOrder) -> bool:
    """Whether its effect is told by more than the order's state."""
    return command.kind != CommandKind.PLACE or placed.status == OrderStatus.REJECTED


def events_by(*, order_ids: Iterable[int], command_ids: Iterable[int]) -> list[OrderEvent]:
    """What commands did to orders, the oldest first; whose they are was asked before."""
    rows = OrderEvent.objects.filter(
        order_id__in=list(order_ids), command_id__in=list(command_ids)
    )
    return list(rows.order_by("id"))


def live_orders(
    *, user_id: int, market_id: int | None, side: OrderSide | None
) -> dict[int, int]:
    """{order: market} of a user's orders in the books, armed or waiting; newest first."""
    rows = Order.objects.filter(user_id=user_id, status__in=sorted(LIVE))
    if market_id is not None:
        rows = rows.filter(market_id=market_id)
    if side is not None:
        rows = rows.filter(side=side)
    return dict(rows.order_by("-id").values_list("id", "market_id"))


def live_count(*, user_id: int, market_id: int) -> int:
    rows = Order.objects.filter(user_id=user_id, status__in=sorted(LIVE))
    return rows.filter(market_id=market_id).count()


def live_among(*, order_ids: Iterable[int]) -> set[int]:
    """Those of these orders that are live."""
    rows = Order.objects.filter(pk__in=list(order_ids), status__in=sorted(LIVE))
    return set(rows.values_list("id", flat=True))


def prevented_page(
    *, user_id: int, market_id: int | None, before: int | None, limit: int
) -> list[PreventedMatch]:
    """The user's orders that met each other and did not trade, the newest first."""
    rows = PreventedMatch.objects.filter(user_id=user_id)
    if market_id is not None:
        rows = rows.filter(market_id=market_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:limit])
