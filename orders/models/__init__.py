"""Markets, the command log, and the records of orders and trades.

Command, Order and Trade are hot: no foreign keys in the database, few indexes (ADR 0003).
What only special orders have is NULL for the others, which costs a plain order nothing.
"""

from orders.models.history import FillsOfUser, HistoryCursor, OrdersOfUser
from orders.models.log import CancelAfter, Command, ShardClock
from orders.models.markets import FeeTier, Market, UserVolume
from orders.models.records import MarketChange, Order, OrderEvent, PreventedMatch, Trade
from orders.models.rows import CommandRow, NewCommand, OrderRow, TradeRow

__all__ = [
    "CancelAfter",
    "Command",
    "CommandRow",
    "FeeTier",
    "FillsOfUser",
    "HistoryCursor",
    "Market",
    "MarketChange",
    "NewCommand",
    "Order",
    "OrderEvent",
    "OrderRow",
    "OrdersOfUser",
    "PreventedMatch",
    "ShardClock",
    "Trade",
    "TradeRow",
    "UserVolume",
]
