"""The rows that a batch writes, made from what the engine says."""

from collections.abc import Mapping
from typing import NamedTuple

from matching.book import PRIORITY_BITS, BookOrder
from matching.outcome import Outcome
from orders.commands import PLAIN
from orders.services import pack_special_order


class OrderRows(NamedTuple):
    """What becomes of the records of a batch's orders.

    plain, special    of those that it saw for the first time: rows of
                      orders.services.ORDERS, and packed ones
    changed, altered  as orders.services.record_changes and record_alterations take them
    """

    plain: list[tuple[int, ...]]
    special: list[bytes]
    changed: list[tuple[int, int, int, int, int]]
    altered: list[tuple[int, ...]]


def trade_rows(outcomes: Mapping[int, Outcome], *, time: int) -> list[tuple[int, ...]]:
    """Rows of orders.services.TRADES; time as kernel.pgcopy.timestamp."""
    return [
        (*trade, market, time)
        for market, outcome in outcomes.items()
        for trade in outcome.trades
    ]


def event_rows(outcomes: Mapping[int, Outcome], *, time: int) -> list[tuple[int, ...]]:
    """Rows of orders.services.EVENTS."""
    return [
        (
            event.order, event.command, event.kind, event.reason, event.limit,
            event.actual, time,
        )
        for outcome in outcomes.values()
        for event in outcome.events
    ]  # fmt: skip


def order_rows(outcomes: Mapping[int, Outcome], *, time: int) -> OrderRows:
    """Made once: with them an order counts as recorded, altered or not."""
    rows = OrderRows([], [], [], [])
    for market, outcome in outcomes.items():
        _add_orders(rows, market, outcome, time)
    return rows


def _add_orders(rows: OrderRows, market: int, outcome: Outcome, time: int) -> None:
    plain, seen_first = rows.plain.append, outcome.placed
    for order in outcome.orders.values():
        filled = order.quantity - order.remaining - order.hidden
        if order.id not in seen_first:
            change = order.id, filled, order.filled_quote, order.status, order.reason
            if order.altered:
                now = order.price, order.quantity, *_special(order)[:-1]
                rows.altered.append((*change, *now))
            else:
                rows.changed.append(change)
        elif (
            order.extra is PLAIN
            and order.priority == order.id << PRIORITY_BITS
            and not (order.cap or order.list_id)
        ):
            plain(
                (
                    order.id, market, order.user, order.side, order.type, order.price,
                    order.quantity, order.budget, filled, order.filled_quote,
                    order.status, order.reason, order.maker_ppm, order.taker_ppm,
                    order.created, time, order.self_trade,
                )
            )  # fmt: skip
        else:
            rows.special.append(
                pack_special_order(values=_values(order, time), special=_special(order))
            )
        order.altered = False  # its record says so, once this is committed


def _values(order: BookOrder, time: int) -> tuple[int, ...]:
    """Values of orders.services.pen.ORDER_COLUMNS."""
    return (
        order.id, order.market, order.user, order.side, order.type, order.price,
        order.quantity, order.budget, order.filled, order.filled_quote, order.status,
        order.reason, order.maker_ppm, order.taker_ppm, order.created, time,
    )  # fmt: skip


def _special(order: BookOrder) -> tuple[int, int, int, int, int, int]:
    """Values of orders.services.pen.SPECIAL_COLUMNS; 0 for what the order does not have.

    The list that an order belongs to never changes.
    """
    born = order.priority == order.id << PRIORITY_BITS
    return (
        order.hidden, 0 if born else order.priority, order.trigger, order.cap,
        order.armed_trade, order.list_id,
    )  # fmt: skip
