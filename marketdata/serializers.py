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
from orders.models import Market
from orders.serializers.words import SIDES


class DepthQuery(StrictSerializer):
    limit = LimitField(default=PAGE_SIZE, help_text="How many levels of each side.")


class DepthAnswer(serializers.Serializer[Any]):
    """A level is [price, quantity]; the best is first. `sequence` is that of the market's
    last event batch, the same as in the socket's `depth`. Of icebergs only what they show.
    """

    market = serializers.CharField()
    sequence = serializers.IntegerField()
    state = serializers.ChoiceField(
        choices=Market.State.choices,
        help_text="While it is not `open`, bids may stand above asks.",
    )
    bids = serializers.ListField(
        child=serializers.ListField(child=DecimalText(), min_length=2, max_length=2)
    )
    asks = serializers.ListField(
        child=serializers.ListField(child=DecimalText(), min_length=2, max_length=2)
    )


class AuctionAnswer(serializers.Serializer[Any]):
    """The indication counts hidden lots too."""

    market = serializers.CharField()
    sequence = serializers.IntegerField(help_text="As in the depth.")
    price = DecimalText(
        allow_null=True,
        help_text="The one price at which the most would trade; null: none.",
    )
    volume = DecimalText(help_text="What would trade there.")
    surplus = DecimalText(
        help_text="What is bid at that price beyond what is offered; below zero: offered "
        "beyond what is bid."
    )
    reference_price = DecimalText(
        allow_null=True, help_text="Null before the market's first trade."
    )
    state_until = serializers.DateTimeField(
        allow_null=True, help_text="When the auction ends by itself."
    )


class TradeAnswer(serializers.Serializer[Any]):
    """`sequence` is gapless in the market, from 1."""

    sequence = serializers.IntegerField()
    trade_id = IdText()
    price = DecimalText()
    quantity = DecimalText()
    quote_amount = DecimalText()
    taker_side = serializers.ChoiceField(
        choices=SIDES, help_text="In an auction: the side of the younger order."
    )
    auction = serializers.BooleanField(
        help_text="Made when an auction ended, at its one price."
    )
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
    state = serializers.ChoiceField(choices=Market.State.choices)
    state_until = serializers.DateTimeField(
        allow_null=True, help_text="When an auction ends by itself."
    )
    time = serializers.DateTimeField()
