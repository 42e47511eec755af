"""Says in the words of the rule book what became of an order and of the market."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from matching.book import BookOrder
from matching.outcome import Change, Event, Outcome, Prevented, TradeMade
from orders.commands import (
    LIVE,
    Amend,
    Cancel,
    Command,
    EventKind,
    MarketState,
    OrderSide,
    OrderStatus,
    OrderType,
    Reason,
    SelfTrade,
)
from tests.rulebook.words import plain, tell_amount, tell_time

ASSETS = {OrderSide.BUY.value: "CASH", OrderSide.SELL.value: "COIN"}
#: Both are told by the status; the story of the order tells them too.
ENDS = {EventKind.REJECTED, EventKind.CANCELLED}
REFUSALS = {
    EventKind.AMEND_REFUSED: "amend refused",
    EventKind.CANCEL_REFUSED: "cancel refused",
}
WHY = {EventKind.REJECTED: "rejected", EventKind.CANCELLED: "cancelled", **REFUSALS}
CHANGED = {
    EventKind.PRICE_AMENDED: "price",
    EventKind.QUANTITY_AMENDED: "quantity",
    EventKind.TRIGGER_AMENDED: "trigger",
    EventKind.SLID: "slid",
    EventKind.CAPPED: "capped",
    EventKind.DECREMENTED: "decremented",
    EventKind.ACTIVATED: "activated",
}


class Units(NamedTuple):
    """What its two numbers are: price, quantity, amount, count, or nothing."""

    limit: str
    actual: str


def units_of(page: str) -> dict[str, Units]:
    """Reason -> its units, out of the table of the reasons."""
    rows = re.findall(r"^\| `([a-z_]+)` \|(.*?)\|([^|]*)\|([^|]*)\|$", page, re.MULTILINE)
    return {name: Units(_unit(limit), _unit(actual)) for name, _, limit, actual in rows}


def _unit(cell: str) -> str:
    found = re.search(r"\((price|quantity|amount|count)\)", cell)
    return found[1] if found else ""


class Teller:
    """Tells what happened; it knows which numbers a reason comes with.

    names  of the orders, by id
    """

    def __init__(self, units: dict[str, Units], names: dict[int, str]) -> None:
        self.units = units
        self.names = names

    def event(self, order: BookOrder, event: Event) -> str:
        """A part of an order's story."""
        kind = EventKind(event.kind)
        if kind in WHY:
            return f"{WHY[kind]}: {self.reason(order, event)}"
        if kind is EventKind.ARMED:
            return f"armed at {event.limit}" + (
                f", last {event.actual}" if event.actual else ""
            )
        if kind is EventKind.TRIGGERED:
            return f"triggered at {event.limit} by {event.actual}"
        return f"{CHANGED[kind]} {event.limit} to {event.actual}"

    def reason(self, order: BookOrder, event: Event) -> str:
        reason = Reason(event.reason)
        told = plain(reason)
        if not event.limit and not event.actual:
            return told
        units = self.units[reason.name.lower()]
        limit = self.number(order, units.limit, event.limit)
        actual = self.number(order, units.actual, event.actual)
        return f"{told} (limit {limit}, actual {actual})"

    def number(self, order: BookOrder, unit: str, value: int) -> str:
        assert unit, f"the table of the reasons knows no unit for {value}"
        return (
            f"{tell_amount(value)} {ASSETS[order.side]}" if unit == "amount" else str(value)
        )

    def order(
        self, order: BookOrder, outcome: Outcome, before: int | None, asked: Command | None
    ) -> str:
        """What became of an order in one moment.

        before  its status; None: it is new
        asked   the command that is about this order, if one is
        """
        events = [
            event
            for event in outcome.events
            if event.order == order.id
            and event.kind != (isinstance(asked, Cancel) and EventKind.AMEND_REFUSED)
            and event.kind != (isinstance(asked, Amend) and EventKind.CANCEL_REFUSED)
        ]
        parts = [self.event(order, event) for event in events if event.kind not in ENDS]
        fills = fills_of(order.id, outcome.trades)
        if fills:
            parts.append(
                "filled " + " + ".join(f"{lots} at {price}" for lots, price in fills)
            )
        changed = order.status != before
        refused = any(event.kind in REFUSALS for event in events)
        if changed or (asked and events and not refused):
            parts += self.status(order, events, told=bool(fills))
        return ", ".join(parts) or "nothing"

    def status(self, order: BookOrder, events: list[Event], *, told: bool) -> Iterator[str]:
        status = OrderStatus(order.status)
        ends = [event for event in events if event.kind in ENDS]
        if status is OrderStatus.OPEN:
            yield f"open with {order.rest} left" if order.filled else "open"
        elif status is OrderStatus.WAITING:
            yield "waiting"
        elif ends:
            assert (ends[-1].reason, len(ends)) == (order.reason, 1)
            yield self.event(order, ends[-1])
        elif status is OrderStatus.CANCELLED and order.reason == Reason.CANCELLED_BY_USER:
            yield "cancelled"
        elif status in (OrderStatus.CANCELLED, OrderStatus.REJECTED):
            yield f"{plain(status)}: {plain(Reason(order.reason))}"
        elif status is OrderStatus.FILLED and not told:
            yield "filled"

    def others(
        self, outcome: Outcome, orders: dict[int, BookOrder], before: dict[int, int],
        asked: Iterable[int],
    ) -> Iterator[str]:  # fmt: skip
        """What else happened in the moment: to the market, then to other orders.

        A resting order that is filled is told by the order that takes it.
        """
        yield from map(tell_change, outcome.changes)
        auction = [trade for trade in outcome.trades if trade.auction]
        if auction:
            (price,) = {trade.price for trade in auction}
            yield f"auction of {sum(trade.quantity for trade in auction)} at {price}"
        told = dict.fromkeys(event.order for event in outcome.events)
        ended = (order.id for order in outcome.orders.values() if order.status not in LIVE)
        silent = (
            order
            for order in sorted(ended, reverse=True)
            if orders[order].status not in (before.get(order), OrderStatus.FILLED)
        )
        for order in dict.fromkeys([*told, *silent]):
            if order not in asked:
                said = self.order(orders[order], outcome, before[order], None)
                yield f"{self.names[order]} {said}"

    def trade(self, trade: TradeMade) -> str:
        taker, maker = self.names[trade.taker_order], self.names[trade.maker_order]
        buys = trade.taker_side == OrderSide.BUY
        verb, way = ("buys", "from") if buys else ("sells", "to")
        return f"{taker} {verb} {trade.quantity} {way} {maker} at {trade.price}"

    def prevented(self, match: Prevented) -> str:
        taker, maker = self.names[match.taker_order], self.names[match.maker_order]
        told = f"{taker} with {maker}, {match.quantity} at {match.price}"
        return f"{told}, {plain(SelfTrade(match.mode))}"

    def record(self, order: BookOrder) -> str:
        """How an order stands."""
        parts = [f"quantity {order.quantity}"]
        parts += [f"price {order.price}"] if order.price else []
        moves = order.type == OrderType.TRAILING_STOP and order.status == OrderStatus.ARMED
        parts += [f"trigger {order.trigger}"] if order.trigger and not moves else []
        parts += [f"cap {order.cap}"] if order.cap else []
        parts += [f"filled {order.filled}"] if order.filled else []
        if order.status in LIVE:
            parts += (
                [f"shown {order.remaining}, hidden {order.hidden}"] if order.hidden else []
            )
            parts += [f"held {tell_amount(order.hold)} {ASSETS[order.side]}"]
        return ", ".join([*parts, plain(OrderStatus(order.status))])


def fills_of(order: int, trades: Iterable[TradeMade]) -> list[tuple[int, int]]:
    """(lots, price) of its fills outside auctions; those in a row at one price as one."""
    fills: list[tuple[int, int]] = []
    for trade in trades:
        if order in (trade.taker_order, trade.maker_order) and not trade.auction:
            lots, price = fills[-1] if fills else (0, 0)
            if price == trade.price:
                fills[-1] = (lots + trade.quantity, price)
            else:
                fills.append((trade.quantity, trade.price))
    return fills


def tell_change(change: Change) -> str:
    told = f"market {tell_market(change.state, change.until)}"
    return f"{told}: {change.reason.lower().replace('_', ' ')}" if change.reason else told


def tell_market(state: int, until: int) -> str:
    told = plain(MarketState(state)).replace(" ", "-")
    return f"{told} until {tell_time(until)}" if until else told


def tell_levels(levels: Iterable[tuple[int, int]]) -> str:
    """(price, lots) of one side, the best first."""
    return ", ".join(f"{lots} at {price}" for price, lots in levels) or "none"
