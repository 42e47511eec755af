"""Which addresses are hot, and who answers them."""

from functools import partial
from typing import Final

from accounts.authentication import Bearers
from exchange.lanes.door import Application, FastLane, Route
from exchange.lanes.news import News
from ledger.api import BalanceList
from ledger.lane import Balances
from orders.api import Batch, OrderDetail, OrderList
from orders.lane import Desk, amend, batch, cancel, place
from orders.lane.reading import OneOrder, Orders, Shown

_ORDERS: Final = "/api/v1/orders"
_ORDER: Final = "/api/v1/orders/([0-9]{1,18})"


def fast_lane(stock: Application) -> FastLane:
    """Django's HTTP application with the fast lane before it."""
    return FastLane(stock, routes(), Bearers())


def routes() -> list[Route]:
    """The hot addresses; made anew for each event loop."""
    shown = Shown()
    return [
        *order_entry(Desk()),
        Route("GET", "/api/v1/balances", Balances(), BalanceList),
        Route("GET", _ORDERS, Orders(shown), OrderList, takes_query=True),
        Route("GET", _ORDER, OneOrder(shown), OrderDetail),
    ]


def order_entry(desk: Desk) -> list[Route]:
    """Place, cancel and amend; batches."""
    desk.follow = News(desk.waiting, desk.venues).follow
    return [
        Route("POST", _ORDERS, partial(place, desk), OrderList, reads_body=True),
        Route("POST", f"{_ORDERS}/batch", partial(batch, desk), Batch, reads_body=True),
        Route("DELETE", _ORDER, partial(cancel, desk), OrderDetail),
        Route("PATCH", _ORDER, partial(amend, desk), OrderDetail, reads_body=True),
    ]
