"""What trading costs a user, as the API shows it."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import DecimalText
from orders.models import FeeTier
from orders.selectors import FeeStanding
from orders.serializers.answers import fraction


class FeeTierAnswer(serializers.Serializer[Any]):
    volume_from = DecimalText(help_text="In volume_asset.")
    maker_fee = DecimalText()
    taker_fee = DecimalText()


class FeeAnswer(serializers.Serializer[Any]):
    """What your next order in a market is stamped with."""

    market = serializers.CharField()
    maker_fee = DecimalText()
    taker_fee = DecimalText()
    volume = DecimalText(
        help_text="What you traded in 30 days in all markets of this quote asset."
    )
    volume_asset = serializers.CharField()
    counted_at = serializers.DateTimeField(
        allow_null=True, help_text="When that was counted; null: you had not traded."
    )
    tier = FeeTierAnswer(allow_null=True, help_text="Null: the market's own fees.")
    next_tier = FeeTierAnswer(allow_null=True, help_text="Null: there is no better one.")


def fee_body(standing: FeeStanding) -> dict[str, Any]:
    market, (maker, taker) = standing.market, standing.rates
    return {
        "market": market.symbol,
        "maker_fee": fraction(maker),
        "taker_fee": fraction(taker),
        "volume": market.rules.quote_text(standing.volume),
        "volume_asset": market.quote.code,
        "counted_at": standing.counted_at,
        "tier": _tier_body(standing, standing.tier),
        "next_tier": _tier_body(standing, standing.next_tier),
    }


def _tier_body(standing: FeeStanding, tier: FeeTier | None) -> dict[str, Any] | None:
    if tier is None:
        return None
    return {
        "volume_from": standing.market.rules.quote_text(tier.volume_from),
        "maker_fee": fraction(tier.maker_ppm),
        "taker_fee": fraction(tier.taker_ppm),
    }
