"""What a request means in the market's own units; nothing is rounded."""

from collections.abc import Mapping

from kernel.units import Atoms, Lots, Ticks
from orders.commands import OrderSide, OrderType
from orders.rules import MarketRules, OrderTerms


def order_terms(form: Mapping[str, str], market: MarketRules) -> OrderTerms:
    """Read a validated PlaceOrder in the market's own units; nothing is rounded.

    raises  InvalidAmount, PriceOffTick, QuantityOffLot
    """
    price, quantity = form.get("price"), form.get("quantity")
    budget = form.get("quote_budget")
    return OrderTerms(
        side=OrderSide[form["side"].upper()],
        type=OrderType[form["type"].upper()],
        price=market.read_price(price) if price else Ticks(0),
        quantity=market.read_quantity(quantity) if quantity else Lots(0),
        budget=market.read_quote(budget) if budget else Atoms(0),
    )
