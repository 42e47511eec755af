"""A dry run, and orders of one's own that met, as the API shows them."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import DecimalText, IdText
from kernel.decimals import format_decimal
from kernel.errors import ExchangeError
from ledger.models import Asset
from orders.commands import LIVE, OrderSide, OrderStatus, SelfTrade
from orders.models import Market, PreventedMatch
from orders.preview import Preview, slippage_ppm
from orders.serializers.answers import PERCENT, average_price
from orders.serializers.verdicts import refusal
from orders.serializers.words import (
    PARTIALLY_FILLED,
    REASONS,
    SELF_TRADE,
    STATUSES,
    word,
)
from orders.terms import OrderTerms


class PreviewFill(serializers.Serializer[Any]):
    price = DecimalText()
    quantity = DecimalText()


class PreviewBalance(serializers.Serializer[Any]):
    available = DecimalText()
    held = DecimalText()


class PreviewRefusal(serializers.Serializer[Any]):
    """The problem that the order would be answered with; it may have more members."""

    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    limit = serializers.CharField(required=False)
    actual = serializers.CharField(required=False)


class PreviewAnswer(serializers.Serializer[Any]):
    """What would happen now, by what everybody can see of the book. Nothing was written.

    Of an order that would be refused, only the first two are told.
    """

    accepted = serializers.BooleanField()
    refusal = PreviewRefusal(allow_null=True, help_text="Why it would be refused.")
    status = serializers.ChoiceField(choices=STATUSES, required=False)
    reason = serializers.ChoiceField(choices=REASONS, allow_null=True, required=False)
    price = DecimalText(
        allow_null=True,
        required=False,
        help_text="Of a limit order; slid or capped if it would be.",
    )
    fills = PreviewFill(
        many=True, required=False, help_text="One for each price, the best first."
    )
    filled = DecimalText(required=False)
    filled_quote = DecimalText(required=False)
    average_price = DecimalText(allow_null=True, required=False)
    fee = DecimalText(
        required=False,
        help_text="Up to the smallest unit more for each further maker at a price.",
    )
    fee_asset = serializers.CharField(required=False)
    slippage = DecimalText(
        allow_null=True,
        required=False,
        help_text="By how many percent the average is worse than the best price, rounded "
        "up.",
    )
    remaining = DecimalText(
        allow_null=True,
        required=False,
        help_text="What is not filled, whether it would stand or be cancelled. Null for an "
        "order by budget.",
    )
    would_rest = serializers.BooleanField(
        required=False, help_text="The remaining part would stand, or be armed."
    )
    hold = DecimalText(
        required=False, help_text="What would back it from then on, in hold_asset."
    )
    hold_asset = serializers.CharField(required=False)
    own_orders = serializers.BooleanField(
        required=False,
        help_text="It would meet orders of your own; the figures pass over them, or with "
        "self_trade `none` take them like those of others.",
    )
    balances_after = serializers.DictField(
        child=PreviewBalance(), required=False, help_text="Of both assets, by code."
    )


def refused_body(error: ExchangeError) -> dict[str, Any]:
    """The dry run of an order that would be refused."""
    told = {"code": error.code, "title": error.title, "detail": error.detail}
    return {"accepted": False, "refusal": told | error.extra}


def preview_body(found: Preview, *, terms: OrderTerms, market: Market) -> dict[str, Any]:
    if found.status is OrderStatus.REJECTED:
        return refused_body(
            refusal(
                found.reason, market, terms.side, limit=found.limit, actual=found.actual
            )
        )
    forecast = _outcome_body(found, terms, market) | _money_body(found, terms, market)
    return {"accepted": True, "refusal": None} | forecast


def _outcome_body(found: Preview, terms: OrderTerms, market: Market) -> dict[str, Any]:
    rules = market.rules
    slippage = slippage_ppm(found, tick_value=rules.tick_value)
    remaining = rules.quantity_text(found.remaining)
    return {
        "status": _status(found),
        "reason": word(found.reason) if found.reason else None,
        "price": rules.price_text(found.price) if found.price else None,
        "fills": [
            {"price": rules.price_text(price), "quantity": rules.quantity_text(lots)}
            for price, lots in found.fills
        ],
        "filled": rules.quantity_text(found.filled),
        "filled_quote": rules.quote_text(found.filled_quote),
        "average_price": average_price(found.filled_quote, found.filled, rules),
        "slippage": format_decimal(slippage, scale=PERCENT) if found.fills else None,
        "remaining": None if terms.by_budget else remaining,
        "would_rest": found.status in LIVE,
        "own_orders": found.own_orders,
    }


def _status(found: Preview) -> str:
    """As the order itself would tell it."""
    if found.status is OrderStatus.OPEN and found.filled:
        return PARTIALLY_FILLED
    return word(found.status)


def _money_body(found: Preview, terms: OrderTerms, market: Market) -> dict[str, Any]:
    received, spent = market.base, market.quote
    if terms.side is OrderSide.SELL:
        received, spent = spent, received
    assets = (market.base, market.quote)
    return {
        "fee": _text(found.fee, received),
        "fee_asset": received.code,
        "hold": _text(found.hold, spent),
        "hold_asset": spent.code,
        "balances_after": {
            asset.code: {"available": _text(free, asset), "held": _text(held, asset)}
            for asset, free, held in zip(assets, found.available, found.held, strict=True)
        },
    }


def _text(atoms: int, asset: Asset) -> str:
    return format_decimal(atoms, scale=asset.scale)


class PreventedMatchAnswer(serializers.Serializer[Any]):
    """Two orders of yours that met, and did not trade."""

    id = IdText()
    market = serializers.CharField()
    taker_order_id = IdText()
    maker_order_id = IdText()
    price = DecimalText(help_text="The maker's.")
    quantity = DecimalText(help_text="What would have been traded.")
    self_trade = serializers.ChoiceField(choices=SELF_TRADE, help_text="The taker's.")
    created_at = serializers.DateTimeField()


class PreventedMatchPage(serializers.Serializer[Any]):
    results = PreventedMatchAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


def prevented_body(match: PreventedMatch, market: Market) -> dict[str, Any]:
    return {
        "id": str(match.pk),
        "market": market.symbol,
        "taker_order_id": str(match.taker_order_id),
        "maker_order_id": str(match.maker_order_id),
        "price": market.rules.price_text(match.price),
        "quantity": market.rules.quantity_text(match.quantity),
        "self_trade": word(SelfTrade(match.mode)),
        "created_at": match.created_at,
    }
