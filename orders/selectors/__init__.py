"""Reads about markets and orders, scoped by owner where there is one."""

from orders.selectors.fees import (
    FeeStanding,
    fee_standings,
    first_trade_since,
    rates_of,
)
from orders.selectors.fills import (
    NEWEST_FILL,
    Fill,
    FillKey,
    fills_of_order,
    fills_page,
    trades_in,
)
from orders.selectors.many import (
    ORDERS_OF_USERS,
    PAGES,
    PlacedOrder,
    placed_order,
)
from orders.selectors.markets import (
    MarketCase,
    market_by_symbol,
    market_case,
    markets,
    markets_by_id,
    price_levels,
    shards,
)
from orders.selectors.placed import (
    PENDING_WINDOW,
    commands_by_client_id,
    order_of,
    orders_by_id,
    orders_page,
    pending_page,
    unit_around,
)
from orders.selectors.scenes import scene_of
from orders.selectors.stories import (
    Standing,
    Story,
    live_among,
    live_orders,
    prevented_page,
    standings_of,
    story_of,
)

__all__ = [
    "NEWEST_FILL",
    "ORDERS_OF_USERS",
    "PAGES",
    "PENDING_WINDOW",
    "FeeStanding",
    "Fill",
    "FillKey",
    "MarketCase",
    "PlacedOrder",
    "Standing",
    "Story",
    "commands_by_client_id",
    "fee_standings",
    "fills_of_order",
    "fills_page",
    "first_trade_since",
    "live_among",
    "live_orders",
    "market_by_symbol",
    "market_case",
    "markets",
    "markets_by_id",
    "order_of",
    "orders_by_id",
    "orders_page",
    "pending_page",
    "placed_order",
    "prevented_page",
    "price_levels",
    "rates_of",
    "scene_of",
    "shards",
    "standings_of",
    "story_of",
    "trades_in",
    "unit_around",
]
