"""What may go wrong with an order.

Invalid
  OrderShapeInvalid      the fields do not fit the order's type
  ListShapeInvalid       the orders of a list, or of a batch, do not fit each other
  PriceOffTick           not a multiple of the market's tick
  QuantityOffLot         not a multiple of the market's lot
  MarketSettingInvalid   a market has no such setting, or it cannot have this value
  MarketReasonMissing    who changes a market did not say why
  CancelAfterInvalid     a dead man's switch waits for a second at least, a day at most
Refused
  MarketNotOpen
  MarketBroken           an unresolved break concerns one of its assets
  ExpiryOutOfRange  PriceOutOfRange  TrailOutOfRange  QuantityOutOfRange
  DisplayOutOfRange  SlippageOutOfRange  NotionalOutOfRange
  SelfTradeNotAllowed    the market prevents every trade with oneself
  ListPricesCrossed      the two exits of a list stand on the wrong sides of each other
  OrderNotAmendable      an order of this type has no such field
  the engine's own refusals, told by the API
    OrderFailed          the engine could not carry it out
    OrderExpired         its time was over before the engine saw it
    PostOnlyWouldTake  PriceBandExceeded  TooManyOrders  NoLastPrice
    AmendBelowFilled  LinkedOrder  UnitRefused
NotFound
  UnknownMarket  UnknownOrder
Conflict
  ClientOrderIdReused    the same client order id with another order
  OrderNotOpen           it was filled, cancelled or rejected before
"""

from kernel.errors import Conflict, Invalid, NotFound, Refused


class OrderShapeInvalid(Invalid):
    code = "order_shape_invalid"
    title = "The fields do not fit the type of the order."


class ListShapeInvalid(Invalid):
    code = "list_shape_invalid"
    title = "These orders do not fit each other."


class PriceOffTick(Invalid):
    code = "price_off_tick"
    title = "The price is not a multiple of the market's tick."


class QuantityOffLot(Invalid):
    code = "quantity_off_lot"
    title = "The quantity is not a multiple of the market's lot."


class MarketSettingInvalid(Invalid):
    code = "market_setting_invalid"
    title = "A market has no such setting, or it cannot have this value."


class MarketReasonMissing(Invalid):
    code = "market_reason_missing"
    title = "Say why, in 200 characters at most."


class MarketBroken(Refused):
    code = "market_broken"
    title = (
        "An audit found a break that concerns an asset of this market: it stays halted, or "
        "takes nothing but cancels, until the break is resolved."
    )


class CancelAfterInvalid(Invalid):
    code = "cancel_after_invalid"
    title = "Orders can be cancelled after 1 to 86400 seconds."


class MarketNotOpen(Refused):
    code = "market_not_open"
    title = "The market does not take this in its present state."


class ExpiryOutOfRange(Refused):
    code = "expiry_out_of_range"
    title = "The order would end before it begins, or stand for too long."


class PriceOutOfRange(Refused):
    code = "price_out_of_range"
    title = "The price is beyond what the market takes."


class TrailOutOfRange(Refused):
    code = "trail_out_of_range"
    title = "A trailing stop stays more than nothing and less than half behind the price."


class QuantityOutOfRange(Refused):
    code = "quantity_out_of_range"
    title = "The quantity is smaller or larger than what the market takes."


class DisplayOutOfRange(Refused):
    code = "display_out_of_range"
    title = "An iceberg shows a part of itself, and not too small a part."


class SlippageOutOfRange(Refused):
    code = "slippage_out_of_range"
    title = "The slippage is smaller or larger than any price could move."


class NotionalOutOfRange(Refused):
    code = "notional_out_of_range"
    title = "Price times quantity is smaller or larger than what the market takes."


class SelfTradeNotAllowed(Refused):
    code = "self_trade_not_allowed"
    title = "This market prevents every trade with oneself; choose how."


class ListPricesCrossed(Refused):
    code = "list_prices_crossed"
    title = "The limit of a selling list is above its trigger, of a buying list below."


class OrderNotAmendable(Refused):
    code = "order_not_amendable"
    title = "This cannot be changed of an order of this type, or in this state."


class OrderFailed(Refused):
    code = "order_failed"
    title = "The engine could not carry out this order; nothing was moved."


class OrderExpired(Refused):
    code = "order_expired"
    title = "The order's time was over before the engine saw it."


class PostOnlyWouldTake(Refused):
    code = "post_only_would_take"
    title = "The order would take, which it is not to do."


class PriceBandExceeded(Refused):
    code = "price_band_exceeded"
    title = "The price is too far through the reference price."


class TooManyOrders(Refused):
    code = "too_many_orders"
    title = "You have as many live orders in this market as it allows."


class NoLastPrice(Refused):
    code = "no_last_price"
    title = "Nothing was traded yet that a stop could trail."


class AmendBelowFilled(Refused):
    code = "amend_below_filled"
    title = "As much as this, or more, is filled already."


class LinkedOrder(Refused):
    code = "linked_order"
    title = "An order of a list cannot be amended."


class UnitRefused(Refused):
    code = "unit_refused"
    title = "Another part of what was to be done all or none was refused."


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
