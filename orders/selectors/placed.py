"""Reads about orders, scoped by their owner."""

from collections.abc import Iterable
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, Max, OuterRef

from kernel.units import BIGINT_MAX
from orders.commands import CommandKind
from orders.errors import UnknownOrder
from orders.models import Command, Order
from orders.selectors.many import (
    ORDERS_OF_USERS,
    PlacedOrder,
    listed_order,
    pages_query,
    placed_order,
)

#: How many of the newest commands are searched for those that wait for the engine.
PENDING_WINDOW: Final = 10_000


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
    placed = orders_by_id(user_id=user_id, order_ids=[order_id]).get(order_id)
    if placed is None:
        raise UnknownOrder(order_id=str(order_id))
    return placed


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
    start = BIGINT_MAX if before is None else before
    query = pages_query(is_open=is_open, market_id=market_id)
    rows = _fetch(query, [[user_id], [market_id], [start], [limit]])
    return [listed_order(row) for row in rows]


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
    ids = sorted({id_ for id_ in order_ids if id_ <= BIGINT_MAX})
    rows = _fetch(ORDERS_OF_USERS, [ids, [user_id] * len(ids)])
    return {it.command.pk: it for it in map(placed_order, rows)}


def _fetch(query: str, questions: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, questions)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


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
