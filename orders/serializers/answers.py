"""Markets, orders and fills as the API shows them; the sockets show them the same way."""

from collections.abc import Iterable
from typing import Any, Final

from rest_framework import serializers

from accounts.serializers import DecimalText, IdText
from kernel.decimals import format_decimal
from kernel.units import Atoms
from orders.commands import (
    OrderSide,
    OrderStatus,
    OrderType,
    PostOnly,
    Reason,
    SelfTrade,
    TimeInForce,
    UnitKind,
)
from orders.models import Command, Market, Order
from orders.rules import MarketRules
from orders.selectors import Fill, PlacedOrder
from orders.serializers.words import (
    PARTIALLY_FILLED,
    PENDING,
    POST_ONLY,
    REASONS,
    SELF_TRADE,
    SIDES,
    STATUSES,
    TIMES_IN_FORCE,
    TYPES,
    word,
    words_of,
)

_SIDES: Final = words_of(OrderSide)
_TYPES: Final = words_of(OrderType)
_TIMES: Final = words_of(TimeInForce)
_POST_ONLY: Final = words_of(PostOnly)
_SELF_TRADE: Final = words_of(SelfTrade)
_STATUSES: Final = words_of(OrderStatus)
_REASONS: Final = words_of(Reason)
#: Decimals of a part of one (fees, bands, slippage), and of a part in percent.
FRACTION, PERCENT = 6, 4


class MarketAnswer(serializers.Serializer[Any]):
    """Prices are multiples of `tick_size`, quantities of `lot_size`. A fee is that part of
    what its side receives; GET /fees tells your own. Bands and slippages are parts of a
    price, too.
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
    state = serializers.ChoiceField(
        choices=Market.State.choices,
        help_text="`open` takes every order, `post_only` those that cannot take, `auction` "
        "collects orders for one price, `cancel_only` lets take back, `halted` nothing.",
    )
    state_until = serializers.DateTimeField(
        allow_null=True, help_text="When the auction ends by itself."
    )
    price_band = DecimalText(
        allow_null=True,
        help_text="How far through the reference price a limit may go; null: anywhere.",
    )
    price_band_action = serializers.ChoiceField(
        choices=["reject", "cap"], help_text="What becomes of a price beyond the band."
    )
    halt_band = DecimalText(
        allow_null=True,
        help_text="How far from the reference price is traded before an auction is "
        "called; null: anywhere.",
    )
    halt_seconds = serializers.IntegerField(help_text="How long that auction collects.")
    max_slippage = DecimalText(help_text="Of orders without a price that name none.")
    max_open_orders = serializers.IntegerField(
        allow_null=True, help_text="Live orders of one user; null: any number."
    )
    self_trade_allowed = serializers.BooleanField(
        help_text="Whether orders may ask for self_trade `none`."
    )


class FillAnswer(serializers.Serializer[Any]):
    """One side of a trade. `fee` is in `fee_asset`, which is what this side received."""

    trade_id = IdText()
    order_id = IdText()
    market = serializers.CharField()
    side = serializers.ChoiceField(choices=SIDES)
    role = serializers.ChoiceField(
        choices=["maker", "taker"], help_text="In an auction the older order is the maker."
    )
    price = DecimalText()
    quantity = DecimalText()
    quote_amount = DecimalText()
    fee = DecimalText()
    fee_asset = serializers.CharField()
    created_at = serializers.DateTimeField()


class OrderAnswer(serializers.Serializer[Any]):
    """Price, quantity and trigger as they are now: amended, slid or decremented."""

    id = IdText()
    client_order_id = serializers.CharField(allow_null=True)
    market = serializers.CharField()
    side = serializers.ChoiceField(choices=SIDES)
    type = serializers.ChoiceField(choices=TYPES)
    time_in_force = serializers.ChoiceField(choices=TIMES_IN_FORCE)
    price = DecimalText(allow_null=True, help_text="Null for an order without a price.")
    quantity = DecimalText(allow_null=True, help_text="Null for an order by budget.")
    quote_budget = DecimalText(allow_null=True, help_text="Of an order by budget.")
    trigger_price = DecimalText(
        allow_null=True,
        help_text="Of a trailing stop: where it began; once it has triggered, what was "
        "reached.",
    )
    trail = DecimalText(allow_null=True)
    trail_percent = DecimalText(allow_null=True)
    display_quantity = DecimalText(allow_null=True)
    max_slippage = DecimalText(allow_null=True)
    price_cap = DecimalText(
        allow_null=True,
        help_text="The worst price of an order without one, once it is known.",
    )
    post_only = serializers.ChoiceField(choices=POST_ONLY)
    self_trade = serializers.ChoiceField(choices=SELF_TRADE)
    expires_at = serializers.DateTimeField(allow_null=True)
    list_id = IdText(
        allow_null=True, help_text="The id of the first order of its OCO or bracket."
    )
    filled = DecimalText()
    filled_quote = DecimalText(help_text="What the fills were worth; exact.")
    remaining = DecimalText(
        allow_null=True, help_text="What may still be filled. Null for an order by budget."
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
        "maker_fee": fraction(rules.maker_ppm),
        "taker_fee": fraction(rules.taker_ppm),
        "state": market.state,
        "state_until": market.until,
        "price_band": fraction(rules.band_ppm) if rules.band_ppm else None,
        "price_band_action": "cap" if rules.band_caps else "reject",
        "halt_band": fraction(rules.halt_ppm) if rules.halt_ppm else None,
        "halt_seconds": rules.halt_seconds,
        "max_slippage": fraction(rules.slippage_ppm),
        "max_open_orders": rules.max_open_orders or None,
        "self_trade_allowed": rules.self_trade_allowed,
    }


def order_body(
    placed: PlacedOrder, market: Market, rules: MarketRules | None = None
) -> dict[str, Any]:
    """The order as it stands; what the engine has not decided on is pending.

    rules  the market's, where the caller has them already
    """
    command, record, rules = placed.command, placed.record, rules or market.rules
    by_budget = command.budget > 0
    now = record or command
    filled = record.filled if record else 0
    filled_quote = record.filled_quote if record else 0
    remaining = record.remaining if record else command.quantity
    return {
        "id": str(command.pk),
        "client_order_id": command.client_order_id,
        "market": rules.symbol,
        "side": _SIDES[command.side],
        "type": _TYPES[command.type],
        "price": rules.price_text(now.price) if now.price else None,
        "quantity": None if by_budget else rules.quantity_text(now.quantity),
        "quote_budget": rules.quote_text(command.budget) if by_budget else None,
        **_terms_body(command, record, rules),
        "filled": rules.quantity_text(filled),
        "filled_quote": rules.quote_text(filled_quote),
        "remaining": None if by_budget else rules.quantity_text(remaining),
        "average_price": average_price(filled_quote, filled, rules),
        "status": status_word(record),
        "reason": _REASONS[record.reason] if record and record.reason else None,
        "created_at": command.created_at,
        "updated_at": record.updated_at if record else command.created_at,
    }


def order_and_fills_body(
    placed: PlacedOrder, fills: Iterable[Fill], market: Market
) -> dict[str, Any]:
    """The order as it stands, with the fills that made up `filled`."""
    return order_body(placed, market) | {"fills": [fill_body(it, market) for it in fills]}


def _terms_body(
    command: Command, record: Order | None, rules: MarketRules
) -> dict[str, Any]:
    """What orders may have beyond side, price and quantity."""
    trigger = (record and record.trigger_price) or command.trigger_price
    trail, percent, cap = command.trail, command.trail_ppm, record and record.cap
    display, slip = command.display, command.slippage_ppm
    return {
        "time_in_force": _TIMES[command.time_in_force],
        "trigger_price": rules.price_text(trigger) if trigger else None,
        "trail": rules.price_text(trail) if trail else None,
        "trail_percent": format_decimal(percent, scale=PERCENT) if percent else None,
        "display_quantity": rules.quantity_text(display) if display else None,
        "max_slippage": fraction(slip) if slip else None,
        "price_cap": rules.price_text(cap) if cap else None,
        "post_only": _POST_ONLY[command.post_only or PostOnly.NO.value],
        "self_trade": _SELF_TRADE[command.self_trade],
        "expires_at": command.expires_at,
        "list_id": _list_id(command) if command.unit else None,
    }


def _list_id(command: Command) -> str | None:
    """The legs of a list are logged in one go, so their ids follow on each other."""
    if command.unit in (UnitKind.OCO, UnitKind.BRACKET):
        return str(command.pk - (command.position or 0))
    return None


def fill_body(fill: Fill, market: Market) -> dict[str, Any]:
    trade, rules, side = fill.trade, market.rules, fill.side
    received = market.base if side is OrderSide.BUY else market.quote
    return {
        "trade_id": str(trade.pk),
        "order_id": str(fill.order_id),
        "market": market.symbol,
        "side": word(side),
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
    if record.filled and record.status == OrderStatus.OPEN:
        return PARTIALLY_FILLED
    return _STATUSES[record.status]


def average_price(filled_quote: int, filled: int, rules: MarketRules) -> str | None:
    """Cut off after the decimals of the quote asset; None before the first fill."""
    if not filled:
        return None
    base_unit = 10**rules.base_scale
    return rules.quote_text(Atoms(filled_quote * base_unit // (filled * rules.lot_size)))


def fraction(ppm: int) -> str:
    return format_decimal(ppm, scale=FRACTION)
