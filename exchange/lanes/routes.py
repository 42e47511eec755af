"""Which addresses are hot, and who answers them."""

from accounts.authentication import Bearers
from exchange.lanes.door import Application, FastLane, Route
from ledger.api import BalanceList
from ledger.lane import Balances
from orders.api import OrderDetail, OrderList
from orders.lane.reading import OneOrder, OpenOrders, Shown


def routes() -> list[Route]:
    """The hot addresses; made anew for each event loop."""
    shown = Shown()
    return [
        Route("GET", "/api/v1/balances", Balances(), BalanceList),
        Route("GET", "/api/v1/orders", OpenOrders(shown), OrderList, takes_query=True),
        Route("GET", "/api/v1/orders/([0-9]{1,19})", OneOrder(shown), OrderDetail),
    ]


def fast_lane(stock: Application) -> FastLane:
    """Django's HTTP application with the fast lane before it."""
    return FastLane(stock, routes(), Bearers())
