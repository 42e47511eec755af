"""The fields of requests about orders, as several of them share them."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import AmountField, TextField
from orders.serializers.words import POST_ONLY, SELF_TRADE, SIDES

SECONDS_MAX: Final = 86_400
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


@extend_schema_field({"type": "string", "format": "date-time"})
class TimeField(serializers.Field[datetime, Any, str, Any]):
    """A moment as RFC 3339 writes it, always with its offset from UTC."""

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or not _TIME.fullmatch(data):
            raise serializers.ValidationError(
                "Send a time with its offset, for example 2026-12-31T12:00:00Z."
            )
        try:
            return datetime.fromisoformat(data).astimezone(UTC)
        except (ValueError, OverflowError) as wrong:
            raise serializers.ValidationError("There is no such time.") from wrong

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()


@extend_schema_field({"type": "boolean", "default": False})
class FlagField(serializers.Field[bool, Any, bool, Any]):
    """JSON's true or false; DRF's own takes "yes", 1 and "t" too."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Send true or false.")
        return data

    def to_representation(self, value: bool) -> bool:  # noqa: FBT001  DRF's own shape
        return value


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": SECONDS_MAX})
class SecondsField(serializers.Field[int, Any, int, Any]):
    def to_internal_value(self, data: Any) -> int:
        is_whole = isinstance(data, int) and not isinstance(data, bool)
        if not is_whole or not 0 <= data <= SECONDS_MAX:
            raise serializers.ValidationError(f"A whole number from 0 to {SECONDS_MAX}.")
        return int(data)

    def to_representation(self, value: int) -> int:
        return value


@extend_schema_field({"type": "string", "pattern": "^[0-9]{1,19}$"})
class OrderIdField(TextField):
    """An id as the API gives it: a string of digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(pattern="[0-9]{1,19}", **kwargs)


def market_field() -> TextField:
    return TextField(max_length=25, help_text="The market's symbol, such as BTC-USDT.")


def side_field() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=SIDES, help_text="What happens to the base asset."
    )


def price_field(**kwargs: Any) -> AmountField:
    return AmountField(
        help_text="The worst price at which it trades; a multiple of tick_size.", **kwargs
    )


def quantity_field(**kwargs: Any) -> AmountField:
    return AmountField(
        help_text="How much of the base asset; a multiple of lot_size.", **kwargs
    )


def trigger_field(**kwargs: Any) -> AmountField:
    return AmountField(
        help_text="The last price that sets the order off: a stop to buy waits for a rise, "
        "to sell for a fall, a take-profit the other way round.",
        **kwargs,
    )


def trail_field() -> AmountField:
    return AmountField(
        required=False,
        help_text="Of a trailing stop: how far its trigger stays behind the best last "
        "price since, in the quote asset.",
    )


def trail_percent_field() -> AmountField:
    return AmountField(
        required=False,
        help_text='Instead of trail: the same in percent, "1.5" is 1.5 %; four decimals at '
        "most.",
    )


def display_field() -> AmountField:
    return AmountField(
        required=False,
        help_text="Of an iceberg: how much of a limit order the book shows at a time. Each "
        "new part goes to the back of its price's queue.",
    )


def max_slippage_field() -> AmountField:
    return AmountField(
        required=False,
        help_text="How far from the best price (of a stop: from its trigger) an order "
        'without a price may trade, as a fraction: "0.01" is 1 %. The market\'s own '
        "max_slippage if not given.",
    )


def post_only_field() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=POST_ONLY,
        default="no",
        help_text="Whether a limit order that would take is refused (`reject`), or moved "
        "to one tick off the other side (`slide`).",
    )


def self_trade_field() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=SELF_TRADE,
        default="cancel_taker",
        help_text="What happens when it would take from an order of your own; `none` "
        "(trade) only where the market allows it.",
    )


def time_in_force_field(choices: list[str]) -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=choices,
        default="gtc",
        help_text="How long it stands: until it is cancelled (`gtc`), until `expires_at` "
        "(`gtd`), or not at all: what does not trade at once is cancelled (`ioc`), or all "
        "of it is (`fok`). An order without a price never stands.",
    )


def expires_at_field() -> TimeField:
    return TimeField(
        required=False,
        help_text="When a `gtd` order ends; a time with its offset, as in RFC 3339.",
    )


def client_order_id_field(of: str = "") -> TextField:
    return TextField(
        required=False,
        pattern="[A-Za-z0-9._:-]{1,64}",
        help_text="Yours, and unique for ever. Sending the same order under the same id "
        f"again places nothing and answers with the first order as it stands now.{of}",
    )
