"""Trades, the orders behind them, and the commands that people sent."""

from typing import Final

from accounts.models import User
from ledger.moments import instant_text
from orders.commands import (
    SEQUENCE_BITS,
    CommandKind,
    EventKind,
    OrderSide,
    OrderStatus,
    OrderType,
    Reason,
)
from orders.models import Command, Market, Order, OrderEvent, Trade
from orders.rules import MarketRules
from orders.selectors.fills import fills_of_order
from orders.selectors.stories import events_by
from reports.selectors.tracing.books import transfers_at
from reports.selectors.tracing.shape import (
    LISTED,
    Fact,
    Listing,
    Trace,
    transfers_listing,
    when,
    who,
)
from reports.table import Column


def trace_trade(trade_id: int) -> Trace | None:
    """One trade: its two orders and persons, and the money that it moved."""
    trade = Trade.objects.filter(pk=trade_id).first()
    if trade is None:
        return None
    market = _market(trade.market_id)
    people = User.objects.in_bulk([trade.maker_user_id, trade.taker_user_id])
    maker, taker = people.get(trade.maker_user_id), people.get(trade.taker_user_id)
    is_buyer = trade.taker_side == OrderSide.BUY
    sides = ("to buy", "to sell") if is_buyer else ("to sell", "to buy")
    facts = [
        when("At", trade.created_at),
        Fact("Market", market.symbol),
        Fact("Price", market.price_text(trade.price)),
        Fact("Quantity", market.quantity_text(trade.quantity)),
        Fact("Worth", market.quote_text(trade.quote_amount)),
        who("Buyer", taker if is_buyer else maker),
        who("Seller", maker if is_buyer else taker),
        _order_fact(f"The taker's order, {sides[0]}", trade.taker_order_id),
        _order_fact(f"The maker's order, {sides[1]}", trade.maker_order_id),
        Fact("Made in", "an auction" if trade.auction else "the book"),
    ]
    moved = transfers_at(trade.created_at, trade_id=trade_id)
    number = trade_id & (1 << SEQUENCE_BITS) - 1
    return Trace(
        "trade",
        trade_id,
        f"Trade {number} of {market.symbol}",
        facts,
        [transfers_listing("The money that it moved", moved)],
    )


def trace_order(order_id: int) -> Trace | None:
    """One order: who asked for it, what became of it, its fills and its story."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        return None
    market = _market(order.market_id)
    side, kind = OrderSide(order.side).name.lower(), OrderType(order.type).name.lower()
    facts = [
        who("By", User.objects.filter(pk=order.user_id).first()),
        Fact("Asked for by", f"command {order_id}", f"command {order_id}"),
        Fact("Market", market.symbol),
        Fact("Side", side),
        Fact("Type", kind.replace("_", " ")),
        Fact("Price", market.price_text(order.price) if order.price else "any"),
        Fact("Quantity", market.quantity_text(order.quantity)),
        Fact("Budget", market.quote_text(order.budget) if order.budget else ""),
        Fact("Filled", market.quantity_text(order.filled)),
        Fact("Its fills were worth", market.quote_text(order.filled_quote)),
        Fact("State", OrderStatus(order.status).name.lower()),
        Fact("Reason", Reason(order.reason).name.lower() if order.reason else ""),
        when("Decided on at", order.created_at),
        when("Last changed at", order.updated_at),
    ]
    events = list(OrderEvent.objects.filter(order_id=order_id).order_by("id")[:LISTED])
    return Trace(
        "order",
        order_id,
        f"Order to {side}, {market.symbol}",
        facts,
        [_fills(order, market), _events("What else happened to it", events)],
    )


def trace_command(command_id: int) -> Trace | None:
    """One request of the API, as it arrived."""
    command = Command.objects.filter(pk=command_id).first()
    if command is None:
        return None
    market, kind = _market(command.market_id), CommandKind(command.kind)
    order_id = command_id if kind is CommandKind.PLACE else command.order_id
    facts = [
        when("Arrived at", command.created_at),
        Fact("Arrival", f"number {command_id} of all"),
        who("Sent by", User.objects.filter(pk=command.user_id).first(), nobody="the house"),
        Fact("What", kind.name.lower().replace("_", " ")),
        Fact("Client order id", command.client_order_id or ""),
        Fact("Market", market.symbol),
        Fact("Side", OrderSide(command.side).name.lower() if command.side else ""),
        Fact("Price", market.price_text(command.price) if command.price else ""),
        Fact("Quantity", _quantity(market, command)),
        Fact("Budget", market.quote_text(command.budget) if command.budget else ""),
        Fact("Said of a market", str(command.settings) if command.settings else ""),
        *([_order_fact("Order", order_id)] if order_id else []),
    ]
    caused = events_by(order_ids=[order_id], command_ids=[command_id]) if order_id else []
    title = f"Request {command_id}: {kind.name.lower().replace('_', ' ')}"
    return Trace("command", command_id, title, facts, [_events("What it did", caused)])


# Pieces -----------------------------------------------------------------------------------

_FILL_COLUMNS: Final = (
    Column("trade_id", "Trade", "id", "trade"),
    Column("at", "At", "instant"),
    Column("role", "As"),
    Column("price", "Price", "rate"),
    Column("quantity", "Quantity", "amount"),
    Column("worth", "Worth", "amount"),
)
_EVENT_COLUMNS: Final = (
    Column("at", "At", "instant"),
    Column("what", "What"),
    Column("reason", "Reason"),
    Column("command_id", "By the request", "id", "command"),
    Column("order_id", "Order", "id", "order"),
)


def _fills(order: Order, market: MarketRules) -> Listing:
    fills = sorted(fills_of_order(order), key=lambda it: it.key)
    rows = [
        (
            str(it.trade.pk),
            instant_text(it.trade.created_at),
            "taker" if it.is_taker else "maker",
            market.price_text(it.trade.price),
            market.quantity_text(it.trade.quantity),
            market.quote_text(it.trade.quote_amount),
        )
        for it in fills[:LISTED]
    ]
    return Listing("Fills", _FILL_COLUMNS, rows, len(fills) <= LISTED)


def _events(title: str, events: list[OrderEvent]) -> Listing:
    rows = [
        (
            instant_text(it.created_at),
            EventKind(it.kind).name.lower().replace("_", " "),
            Reason(it.reason).name.lower().replace("_", " ") if it.reason else "",
            str(it.command_id),
            str(it.order_id),
        )
        for it in events
    ]
    return Listing(title, _EVENT_COLUMNS, rows)


def _market(market_id: int) -> MarketRules:
    return Market.objects.select_related("base", "quote").get(pk=market_id).rules


def _quantity(market: MarketRules, command: Command) -> str:
    return market.quantity_text(command.quantity) if command.quantity else ""


def _order_fact(name: str, order_id: int) -> Fact:
    return Fact(name, f"order {order_id}", f"order {order_id}")
