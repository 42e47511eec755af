"""Reads about orders, scoped by their owner."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, Max, OuterRef, Q

from orders.commands import LIVE, CommandKind
from orders.errors import UnknownOrder
from orders.models import Command, Order

#: How many of the newest commands are searched for those that wait for the engine.
PENDING_WINDOW: Final = 10_000


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What the user asked, and what became of it (None: the engine has not decided)."""

    command: Command
    record: Order | None

    @property
    def status(self) -> int | None:
        return self.record.status if self.record else None


def commands_by_client_id(
    *, user_id: int, client_order_ids: Iterable[str]
) -> dict[str, Command]:
    """The orders that these ids of the user stand for; without those that are new."""
    rows = Command.objects.filter(
        user_id=user_id, client_order_id__in=set(client_order_ids)
    )
    return {str(row.client_order_id): row for row in rows}


def order_of(*, user_id: int, order_id: int) -> PlacedOrder:
    """raises  UnknownOrder when there is none or it is somebody else's"""
    command = Command.objects.filter(
        pk=order_id, user_id=user_id, kind=CommandKind.PLACE
    ).first()
    if command is None:
        raise UnknownOrder(order_id=str(order_id))
    return PlacedOrder(command, Order.objects.filter(pk=order_id).first())


def orders_page(
    *,
    user_id: int,
    market_id: int | None,
    is_open: bool | None,
    before: int | None,
    limit: int,
) -> list[PlacedOrder]:
    """The orders that the engine has decided on, the newest first.

    is_open  whether they may still trade: in the book, armed or waiting; None for all
    before   the id after which the page starts
    """
    rows = Order.objects.filter(user_id=user_id)
    if market_id is not None:
        rows = rows.filter(market_id=market_id)
    if is_open is not None:
        is_it = Q(status__in=sorted(LIVE))
        rows = rows.filter(is_it if is_open else ~is_it)
    if before is not None:
        rows = rows.filter(id__lt=before)
    records = list(rows.order_by("-id")[:limit])
    commands = Command.objects.in_bulk([record.pk for record in records])
    return [PlacedOrder(commands[record.pk], record) for record in records]


def pending_page(
    *, user_id: int, market_id: int | None, before: int | None, limit: int
) -> list[PlacedOrder]:
    """The orders that the engine has not decided on, the newest first.

    Looked for among the last PENDING_WINDOW commands, since the log has no index by user.
    """
    newest = Command.objects.aggregate(id=Max("id"))["id"] or 0
    rows = Command.objects.filter(
        ~Exists(Order.objects.filter(pk=OuterRef("pk"))),
        id__gt=newest - PENDING_WINDOW,
        user_id=user_id,
        kind=CommandKind.PLACE,
    )
    if market_id is not None:
        rows = rows.filter(market_id=market_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [PlacedOrder(command, None) for command in rows.order_by("-id")[:limit]]


def orders_by_id(*, user_id: int, order_ids: Iterable[int]) -> dict[int, PlacedOrder]:
    """Those of these orders that are the user's."""
    commands = Command.objects.filter(
        pk__in=set(order_ids), user_id=user_id, kind=CommandKind.PLACE
    ).in_bulk()
    records = Order.objects.in_bulk(commands)
    return {id_: PlacedOrder(it, records.get(id_)) for id_, it in commands.items()}


def unit_around(*, command: Command) -> list[Command]:
    """All commands that stand together with this one, in their order.

    A unit is written at once, so its ids have no gap.
    """
    if command.unit is None:
        return [command]
    assert command.position is not None
    assert command.follow is not None
    first = command.pk - command.position
    rows = Command.objects.filter(id__gte=first, id__lte=command.pk + command.follow)
    return list(rows.order_by("id"))
