"""What the REST API takes and shows of a market; the bodies are made in feed.py."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import (
    PAGE_SIZE,
    DecimalText,
    IdText,
    LimitField,
    StrictSerializer,
)
from orders.serializers import SIDES


class DepthQuery(StrictSerializer):
    limit = LimitField(default=PAGE_SIZE, help_text="How many levels of each side.")


class DepthAnswer(serializers.Serializer[Any]):
    """A level is [price, quantity]; the best is first. `sequence` is that of the market's
    last event batch, the same as in the socket's `depth`.
    """

    market = serializers.CharField()
    sequence = serializers.IntegerField()
    bids = serializers.ListField(
        child=serializers.ListField(child=DecimalText(), min_length=2, max_length=2)
    )
    asks = serializers.ListField(
        child=serializers.ListField(child=DecimalText(), min_length=2, max_length=2)
    )


class TradeAnswer(serializers.Serializer[Any]):
    """`sequence` is gapless in the market, from 1."""

    sequence = serializers.IntegerField()
    trade_id = IdText()
    price = DecimalText()
    quantity = DecimalText()
    quote_amount = DecimalText()
    taker_side = serializers.ChoiceField(choices=SIDES)
    created_at = serializers.DateTimeField()


class TradePage(serializers.Serializer[Any]):
    results = TradeAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class TickerAnswer(serializers.Serializer[Any]):
    """The last 24 hours before `time`; up to a second old."""

    market = serializers.CharField()
    last = DecimalText(
        allow_null=True, help_text="Of the newest trade ever; null before the first."
    )
    open = DecimalText(allow_null=True, help_text="Null when nobody traded in 24 hours.")
    high = DecimalText(allow_null=True)
    low = DecimalText(allow_null=True)
    change = DecimalText(allow_null=True, help_text="last - open")
    change_percent = DecimalText(
        allow_null=True, help_text="Of `open`, cut off after two decimals."
    )
    volume = DecimalText(help_text="In the base asset.")
    quote_volume = DecimalText(help_text="In the quote asset.")
    time = serializers.DateTimeField()
