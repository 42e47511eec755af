"""Reads about markets and orders, scoped by owner where there is one."""

from orders.selectors.fills import (
    NEWEST_FILL,
    Fill,
    FillKey,
    fills_of_order,
    fills_page,
    trades_in,
)
from orders.selectors.markets import (
    market_by_symbol,
    markets,
    markets_by_id,
    price_levels,
    shards,
)
from orders.selectors.placed import (
    PENDING_WINDOW,
    PlacedOrder,
    command_by_client_id,
    order_of,
    orders_page,
    pending_page,
)

__all__ = [
    "NEWEST_FILL",
    "PENDING_WINDOW",
    "Fill",
    "FillKey",
    "PlacedOrder",
    "command_by_client_id",
    "fills_of_order",
    "fills_page",
    "market_by_symbol",
    "markets",
    "markets_by_id",
    "order_of",
    "orders_page",
    "pending_page",
    "price_levels",
    "shards",
    "trades_in",
]
