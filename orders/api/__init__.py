"""Markets, orders and fills: the REST interface."""

from orders.api.batches import Batch
from orders.api.cancelling import CancelAfterSwitch, OrderDetail, OrderReplacement
from orders.api.markets import FeeList, MarketDetail, MarketList
from orders.api.placing import BracketList, OcoList, OrderList
from orders.api.records import FillList, OrderTimeline, PreventedMatchList

__all__ = [
    "Batch",
    "BracketList",
    "CancelAfterSwitch",
    "FeeList",
    "FillList",
    "MarketDetail",
    "MarketList",
    "OcoList",
    "OrderDetail",
    "OrderList",
    "OrderReplacement",
    "OrderTimeline",
    "PreventedMatchList",
]
