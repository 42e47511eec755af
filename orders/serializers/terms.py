"""What a request means in the market's own units; nothing is rounded."""

from collections.abc import Mapping
from typing import TypedDict

from kernel.units import Atoms, Lots, Ticks
from orders.commands import OrderSide, OrderType
from orders.rules import MarketRules


class Terms(TypedDict):
    """What `place_order` wants to know of an order."""

    side: OrderSide
    type: OrderType
    price: Ticks
    quantity: Lots
    budget: Atoms
    client_order_id: str | None


def order_terms(form: Mapping[str, str], market: MarketRules) -> Terms:
    """Read a validated PlaceOrder in the market's own units; nothing is rounded.

    raises  InvalidAmount, PriceOffTick, QuantityOffLot
    """
    price, quantity = form.get("price"), form.get("quantity")
    budget = form.get("quote_budget")
    return Terms(
        side=OrderSide[form["side"].upper()],
        type=OrderType[form["type"].upper()],
        price=market.read_price(price) if price else Ticks(0),
        quantity=market.read_quantity(quantity) if quantity else Lots(0),
        budget=market.read_quote(budget) if budget else Atoms(0),
        client_order_id=form.get("client_order_id"),
    )
