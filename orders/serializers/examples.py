"""Examples of requests, for the OpenAPI document; a test sends every one of them."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample

MARKET: Final = {"market": "BTC-USDT"}
LIMIT: Final = {"type": "limit", "price": "60000.00", "quantity": "0.001"}
ORDERS: Final[dict[str, dict[str, Any]]] = {
    "Limit order": {"side": "buy", **LIMIT, "client_order_id": "my-first"},
    "Limit order until a time": {
        "side": "buy",
        **LIMIT,
        "time_in_force": "gtd",
        "expires_at": "2027-01-01T00:00:00Z",
    },
    "Immediate or cancel": {"side": "sell", **LIMIT, "time_in_force": "ioc"},
    "Fill or kill": {"side": "sell", **LIMIT, "time_in_force": "fok"},
    "Post-only": {
        "side": "sell",
        "type": "limit",
        "price": "61000.00",
        "quantity": "0.001",
        "post_only": "reject",
    },
    "Post-only that slides": {"side": "sell", **LIMIT, "post_only": "slide"},
    "Iceberg": {
        "side": "sell",
        "type": "limit",
        "price": "60000.00",
        "quantity": "1",
        "display_quantity": "0.1",
    },
    "Market buy by budget": {"side": "buy", "type": "market", "quote_budget": "100"},
    "Market buy by quantity": {
        "side": "buy",
        "type": "market",
        "quantity": "0.001",
        "max_slippage": "0.005",
    },
    "Market sell": {"side": "sell", "type": "market", "quantity": "0.001"},
    "Market sell by budget": {"side": "sell", "type": "market", "quote_budget": "100"},
    "Stop": {
        "side": "sell",
        "type": "stop",
        "trigger_price": "58000.00",
        "quantity": "0.001",
        "max_slippage": "0.02",
    },
    "Stop limit": {
        "side": "sell",
        "type": "stop_limit",
        "trigger_price": "58000.00",
        "price": "57900.00",
        "quantity": "0.001",
    },
    "Take profit": {
        "side": "sell",
        "type": "take_profit",
        "trigger_price": "65000.00",
        "quantity": "0.001",
    },
    "Take profit limit": {
        "side": "sell",
        "type": "take_profit_limit",
        "trigger_price": "65000.00",
        "price": "64900.00",
        "quantity": "0.001",
    },
    "Trailing stop by an amount": {
        "side": "sell",
        "type": "trailing_stop",
        "trail": "500.00",
        "quantity": "0.001",
    },
    "Trailing stop by percent": {
        "side": "sell",
        "type": "trailing_stop",
        "trail_percent": "1.5",
        "quantity": "0.001",
    },
    "Self-trade prevention": {"side": "buy", **LIMIT, "self_trade": "decrement"},
    "Dry run": {"side": "buy", **LIMIT, "validate_only": True},
}
OCO: Final[dict[str, dict[str, Any]]] = {
    "Take profit or stop": {
        "side": "sell",
        "quantity": "0.001",
        "limit": {"price": "65000.00"},
        "stop": {"type": "stop", "trigger_price": "58000.00"},
    },
    "Take profit or trail": {
        "side": "sell",
        "quantity": "0.001",
        "limit": {"price": "65000.00"},
        "stop": {"type": "trailing_stop", "trail_percent": "2"},
    },
}
BRACKET: Final[dict[str, dict[str, Any]]] = {
    "Entry with both exits": {
        "entry": {"side": "buy", **LIMIT},
        "take_profit": {"price": "65000.00"},
        "stop_loss": {"trigger_price": "58000.00"},
    },
    "Entry at the market, stop limit": {
        "entry": {"side": "buy", "type": "market", "quantity": "0.001"},
        "take_profit": {"price": "65000.00"},
        "stop_loss": {"trigger_price": "58000.00", "price": "57900.00"},
    },
}
BATCH: Final[dict[str, dict[str, Any]]] = {
    "Each for itself": {
        "items": [
            {"op": "place", **MARKET, "side": "buy", **LIMIT},
            {"op": "cancel", "order_id": "17"},
            {"op": "amend", "order_id": "18", "price": "59000.00"},
        ]
    },
    "All or none": {
        "all_or_none": True,
        "items": [
            {"op": "place", **MARKET, "side": "buy", **LIMIT},
            {"op": "place", **MARKET, "side": "sell", **LIMIT | {"price": "61000.00"}},
        ],
    },
}
AMEND: Final = {
    "New price": {"price": "59000.00"},
    "Less of it": {"quantity": "0.0005"},
    "New trigger": {"trigger_price": "57000.00"},
}
REPLACE: Final = {"New order": {"side": "buy", **LIMIT}}


def shown(bodies: dict[str, dict[str, Any]], **also: str) -> list[OpenApiExample]:
    """Examples of a request body."""
    return [
        OpenApiExample(name, also | body, request_only=True)
        for name, body in bodies.items()
    ]
