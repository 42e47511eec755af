"""Markets, orders and fills as the API reads and shows them.

The functions at the end are plain: both lanes of the API read and answer with them.
"""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from rest_framework import serializers

from accounts.serializers import (
    AmountField,
    DecimalText,
    IdText,
    PageQuery,
    StrictSerializer,
    TextField,
)
from kernel.decimals import format_decimal
from kernel.units import Atoms, Lots, Ticks
from orders.commands import OrderSide, OrderStatus, OrderType, Reason
from orders.models import Market, Order
from orders.rules import MarketRules
from orders.selectors import Fill, PlacedOrder

PENDING: Final = "pending"
PARTIALLY_FILLED: Final = "partially_filled"
SIDES: Final = [side.name.lower() for side in OrderSide]
TYPES: Final = [type_.name.lower() for type_ in OrderType]
STATUSES: Final = [PENDING, PARTIALLY_FILLED, *(s.name.lower() for s in OrderStatus)]
REASONS: Final = [reason.name.lower() for reason in Reason if reason]
TIMES_IN_FORCE: Final = ["gtc"]
LISTS: Final = ["all", "open", "closed", PENDING]

# Requests -------------------------------------------------------------------------------


class PlaceOrder(StrictSerializer):
    """A limit order has `price` and `quantity`, a market sell `quantity`, a market buy
    `quote_budget`; nothing else.
    """

    market = TextField(max_length=25)
    side = serializers.ChoiceField(choices=SIDES)
    type = serializers.ChoiceField(choices=TYPES)
    price = AmountField(required=False)
    quantity = AmountField(required=False)
    quote_budget = AmountField(required=False)
    client_order_id = TextField(
        required=False,
        pattern="[A-Za-z0-9._:-]{1,64}",
        help_text="Yours, and unique for ever. Sending the same order under the same id "
        "again places nothing and answers with the first order as it stands now.",
    )
    time_in_force = serializers.ChoiceField(choices=TIMES_IN_FORCE, default="gtc")


class MarketQuery(PageQuery):
    market = TextField(required=False, max_length=25)


class OrdersQuery(MarketQuery):
    status = serializers.ChoiceField(
        choices=LISTS,
        default="all",
        help_text="`pending` lists what the engine has not decided on yet; such orders are "
        "in none of the other lists.",
    )


class Terms(TypedDict):
    """What `place_order` wants to know of an order."""

    side: OrderSide
    type: OrderType
    price: Ticks
    quantity: Lots
    budget: Atoms
    client_order_id: str | None


def order_terms(form: Mapping[str, str], market: MarketRules) -> Terms:
    """Read a validated PlaceOrder in the market's own units; nothing is rounded.

    raises  InvalidAmount, PriceOffTick, QuantityOffLot
    """
    price, quantity = form.get("price"), form.get("quantity")
    budget = form.get("quote_budget")
    return Terms(
        side=OrderSide[form["side"].upper()],
        type=OrderType[form["type"].upper()],
        price=market.read_price(price) if price else Ticks(0),
        quantity=market.read_quantity(quantity) if quantity else Lots(0),
        budget=market.read_quote(budget) if budget else Atoms(0),
        client_order_id=form.get("client_order_id"),
    )


# Answers --------------------------------------------------------------------------------


class MarketAnswer(serializers.Serializer[Any]):
    """Prices are multiples of `tick_size`, quantities of `lot_size`. A fee is that part of
    what its side receives.
    """

    symbol = serializers.CharField()
    base = serializers.CharField()
    quote = serializers.CharField()
    tick_size = DecimalText()
    lot_size = DecimalText()
    price_max = DecimalText()
    quantity_min = DecimalText()
    quantity_max = DecimalText()
    notional_min = DecimalText()
    maker_fee = DecimalText()
    taker_fee = DecimalText()
    state = serializers.ChoiceField(choices=Market.State.choices)


class FillAnswer(serializers.Serializer[Any]):
    """One side of a trade. `fee` is in `fee_asset`, which is what this side received."""

    trade_id = IdText()
    order_id = IdText()
    market = serializers.CharField()
    side = serializers.ChoiceField(choices=SIDES)
    role = serializers.ChoiceField(choices=["maker", "taker"])
    price = DecimalText()
    quantity = DecimalText()
    quote_amount = DecimalText()
    fee = DecimalText()
    fee_asset = serializers.CharField()
    created_at = serializers.DateTimeField()


class OrderAnswer(serializers.Serializer[Any]):
    id = IdText()
    client_order_id = serializers.CharField(allow_null=True)
    market = serializers.CharField()
    side = serializers.ChoiceField(choices=SIDES)
    type = serializers.ChoiceField(choices=TYPES)
    time_in_force = serializers.ChoiceField(choices=TIMES_IN_FORCE)
    price = DecimalText(allow_null=True)
    quantity = DecimalText(allow_null=True, help_text="Null for a market buy.")
    quote_budget = DecimalText(allow_null=True, help_text="Null but for a market buy.")
    filled = DecimalText()
    filled_quote = DecimalText(help_text="What the fills were worth; exact.")
    remaining = DecimalText(
        allow_null=True, help_text="What may still be filled. Null for a market buy."
    )
    average_price = DecimalText(
        allow_null=True,
        help_text="filled_quote / filled, cut off after the decimals of the quote asset; "
        "null before the first fill.",
    )
    status = serializers.ChoiceField(choices=STATUSES)
    reason = serializers.ChoiceField(choices=REASONS, allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class OrderWithFills(OrderAnswer):
    fills = FillAnswer(many=True, help_text="The oldest first.")


class OrderPage(serializers.Serializer[Any]):
    results = OrderAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class FillPage(serializers.Serializer[Any]):
    results = FillAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


def market_body(market: Market) -> dict[str, Any]:
    rules = market.rules
    return {
        "symbol": market.symbol,
        "base": market.base.code,
        "quote": market.quote.code,
        "tick_size": rules.price_text(1),
        "lot_size": rules.quantity_text(1),
        "price_max": rules.price_text(rules.price_max),
        "quantity_min": rules.quantity_text(rules.quantity_min),
        "quantity_max": rules.quantity_text(rules.quantity_max),
        "notional_min": rules.quote_text(rules.notional_min),
        "maker_fee": format_decimal(rules.maker_ppm, scale=6),
        "taker_fee": format_decimal(rules.taker_ppm, scale=6),
        "state": market.state,
    }


def order_body(placed: PlacedOrder, market: Market) -> dict[str, Any]:
    """The order as it stands; what the engine has not decided on is pending."""
    command, record, rules = placed.command, placed.record, market.rules
    by_budget = command.budget > 0
    filled = record.filled if record else 0
    filled_quote = record.filled_quote if record else 0
    remaining = record.remaining if record else command.quantity
    return {
        "id": str(command.pk),
        "client_order_id": command.client_order_id,
        "market": market.symbol,
        "side": _word(OrderSide(command.side)),
        "type": _word(OrderType(command.type)),
        "time_in_force": "gtc",
        "price": rules.price_text(command.price) if command.price else None,
        "quantity": None if by_budget else rules.quantity_text(command.quantity),
        "quote_budget": rules.quote_text(command.budget) if by_budget else None,
        "filled": rules.quantity_text(filled),
        "filled_quote": rules.quote_text(filled_quote),
        "remaining": None if by_budget else rules.quantity_text(remaining),
        "average_price": _average_price(filled_quote, filled, rules),
        "status": status_word(record),
        "reason": _word(Reason(record.reason)) if record and record.reason else None,
        "created_at": command.created_at,
        "updated_at": record.updated_at if record else command.created_at,
    }


def fill_body(fill: Fill, market: Market) -> dict[str, Any]:
    trade, rules = fill.trade, market.rules
    received = market.base if fill.side is OrderSide.BUY else market.quote
    return {
        "trade_id": str(trade.pk),
        "order_id": str(fill.order_id),
        "market": market.symbol,
        "side": _word(fill.side),
        "role": "taker" if fill.is_taker else "maker",
        "price": rules.price_text(trade.price),
        "quantity": rules.quantity_text(trade.quantity),
        "quote_amount": rules.quote_text(trade.quote_amount),
        "fee": format_decimal(fill.fee, scale=received.scale),
        "fee_asset": received.code,
        "created_at": trade.created_at,
    }


def status_word(record: Order | None) -> str:
    if record is None:
        return PENDING
    if record.status == OrderStatus.OPEN and record.filled:
        return PARTIALLY_FILLED
    return _word(OrderStatus(record.status))


def _average_price(filled_quote: int, filled: int, rules: MarketRules) -> str | None:
    if not filled:
        return None
    base_unit = 10**rules.base_scale
    return rules.quote_text(Atoms(filled_quote * base_unit // (filled * rules.lot_size)))


def _word(member: OrderSide | OrderType | OrderStatus | Reason) -> str:
    return member.name.lower()
