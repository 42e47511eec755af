"""Markets, orders and fills as the API reads and shows them.

The functions are plain: both lanes of the API, and the sockets, read and answer with them.
"""

from orders.serializers.answers import (
    FillAnswer,
    FillPage,
    MarketAnswer,
    OrderAnswer,
    OrderPage,
    OrderWithFills,
    average_price,
    fill_body,
    fraction,
    market_body,
    order_body,
    status_word,
)
from orders.serializers.requests import MarketQuery, OrdersQuery, PlaceOrder
from orders.serializers.terms import order_terms
from orders.serializers.words import PENDING, SIDES, STATUSES

__all__ = [
    "PENDING",
    "SIDES",
    "STATUSES",
    "FillAnswer",
    "FillPage",
    "MarketAnswer",
    "MarketQuery",
    "OrderAnswer",
    "OrderPage",
    "OrderWithFills",
    "OrdersQuery",
    "PlaceOrder",
    "average_price",
    "fill_body",
    "fraction",
    "market_body",
    "order_body",
    "order_terms",
    "status_word",
]
