"""The figures of an order's story in their unit: what was allowed, what was there."""

from typing import Any, Final

from kernel.decimals import format_decimal
from orders.commands import EventKind, OrderSide, Reason
from orders.models import Market

PRICE, QUANTITY, COUNT = "price", "quantity", "count"
#: Of what the order holds: quote to buy, base to sell.
HELD: Final = "held"

#: In which unit `limit` and `actual` of an event are, by what it tells.
UNIT_OF_KIND: Final[dict[int, str]] = {
    EventKind.ARMED: PRICE,  # the trigger, the last price
    EventKind.TRIGGERED: PRICE,  # the trigger, the last price
    EventKind.PRICE_AMENDED: PRICE,  # old, new
    EventKind.QUANTITY_AMENDED: QUANTITY,  # old, new
    EventKind.TRIGGER_AMENDED: PRICE,  # old, new
    EventKind.SLID: PRICE,  # asked, got
    EventKind.CAPPED: PRICE,  # asked, got
    EventKind.DECREMENTED: QUANTITY,  # old, new
    EventKind.ACTIVATED: QUANTITY,  # old, new
}
#: The same of refusals and ends, which tell by their reason.
UNIT_OF_REASON: Final[dict[int, str]] = {
    Reason.INSUFFICIENT_FUNDS: HELD,  # available, needed
    Reason.FOK_NOT_FILLED: QUANTITY,  # asked, found
    Reason.POST_ONLY_WOULD_TAKE: PRICE,  # best opposite, asked
    Reason.SLIPPAGE: PRICE,  # worst allowed, next
    Reason.PRICE_BAND: PRICE,  # edge of the band, asked
    Reason.VOLATILITY_HALT: PRICE,  # worst allowed, next
    Reason.TOO_MANY_ORDERS: COUNT,  # most allowed, live
    Reason.AMEND_BELOW_FILLED: QUANTITY,  # filled, asked
}


def figures(
    market: Market, side: int, *, kind: int, reason: int, limit: int, actual: int
) -> dict[str, Any]:
    """`limit`, `actual` and their `unit`; None where there is nothing to say.

    side  of the order: which of its two assets it holds
    """
    unit = UNIT_OF_KIND.get(kind) or UNIT_OF_REASON.get(reason)
    if unit is None or not (limit or actual):
        return {"limit": None, "actual": None, "unit": None}
    if unit == HELD:
        unit = "quote" if side == OrderSide.BUY else "base"
    # There is no last price before a market's first trade.
    has_actual = actual or unit != PRICE
    return {
        "limit": _text(market, unit, limit),
        "actual": _text(market, unit, actual) if has_actual else None,
        "unit": unit,
    }


def _text(market: Market, unit: str, value: int) -> str:
    match unit:
        case "price":
            return market.rules.price_text(value)
        case "quantity":
            return market.rules.quantity_text(value)
        case "base":
            return format_decimal(value, scale=market.base.scale)
        case "quote":
            return format_decimal(value, scale=market.quote.scale)
        case _:
            return str(value)
