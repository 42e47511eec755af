"""The invariants of orders and trades; `manage.py audit` looks for their violations."""

from kernel.sealed import SealedLog
from orders.audit import history, orders, trades

INVARIANTS = (*orders.INVARIANTS, *trades.INVARIANTS, *history.INVARIANTS)

#: Which of the tables are sealed, and what of them; what became of an order follows.
SEALED = (
    # What prices and quantities are counted in.
    SealedLog(
        "markets",
        "orders_market",
        (
            "symbol", "base_id", "quote_id", "base_unit", "tick_size", "lot_size",
            "tick_value", "shard", "created_at",
        ),
    ),
    SealedLog(
        "commands",
        "orders_command",
        (
            "market_id", "shard", "kind", "user_id", "side", "type", "time_in_force",
            "price", "quantity", "budget", "order_id", "client_order_id", "maker_ppm",
            "taker_ppm", "self_trade", "post_only", "trigger_price", "trail", "trail_ppm",
            "display", "slippage_ppm", "expires_at", "unit", "position", "follow",
            "settings", "created_at",
        ),
    ),
    # A market's trades are numbered for themselves, and so are a chain for themselves.
    SealedLog(
        "trades",
        "orders_trade",
        (
            "market_id", "price", "quantity", "quote_amount", "taker_side",
            "maker_order_id", "taker_order_id", "maker_user_id", "taker_user_id",
            "maker_fee", "taker_fee", "auction", "created_at",
        ),
        streams="SELECT id FROM orders_market",
    ),
    SealedLog(
        "market_changes",
        "orders_marketchange",
        (
            "market_id", "user_id", "command_id", "state", "until", "settings", "reason",
            "created_at",
        ),
    ),
)  # fmt: skip
