"""What may go wrong with an order.

Invalid
  OrderShapeInvalid      the fields do not fit the order's type
  PriceOffTick           not a multiple of the market's tick
  QuantityOffLot         not a multiple of the market's lot
Refused
  MarketNotOpen
  PriceOutOfRange  QuantityOutOfRange  NotionalOutOfRange
  OrderFailed            the engine could not carry it out
NotFound
  UnknownMarket  UnknownOrder
Conflict
  ClientOrderIdReused    the same client order id with another order
  OrderNotOpen           it was filled, cancelled or rejected before
"""

from kernel.errors import Conflict, Invalid, NotFound, Refused


class OrderShapeInvalid(Invalid):
    code = "order_shape_invalid"
    title = (
        "A limit order has `price` and `quantity`, a market sell `quantity`, "
        "a market buy `quote_budget`; nothing else."
    )


class PriceOffTick(Invalid):
    code = "price_off_tick"
    title = "The price is not a multiple of the market's tick."


class QuantityOffLot(Invalid):
    code = "quantity_off_lot"
    title = "The quantity is not a multiple of the market's lot."


class MarketNotOpen(Refused):
    code = "market_not_open"
    title = "The market takes no orders now."


class PriceOutOfRange(Refused):
    code = "price_out_of_range"
    title = "The price is beyond what the market takes."


class QuantityOutOfRange(Refused):
    code = "quantity_out_of_range"
    title = "The quantity is smaller or larger than what the market takes."


class NotionalOutOfRange(Refused):
    code = "notional_out_of_range"
    title = "Price times quantity is smaller or larger than what the market takes."


class OrderFailed(Refused):
    code = "order_failed"
    title = "The engine could not carry out this order; nothing was moved."


class UnknownMarket(NotFound):
    code = "unknown_market"
    title = "There is no such market."


class UnknownOrder(NotFound):
    code = "unknown_order"
    title = "There is no such order, or it is not yours."


class ClientOrderIdReused(Conflict):
    code = "client_order_id_reused"
    title = "This client order id belongs to another order of yours."


class OrderNotOpen(Conflict):
    code = "order_not_open"
    title = "The order is not open any more."
