"""What the API takes about orders. Strict: a field that does not belong is refused."""

import re
from datetime import UTC, datetime
from typing import Any, Final, cast

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from accounts.serializers import AmountField, PageQuery, StrictSerializer, TextField
from orders.commands import UNIT_MAX
from orders.serializers.words import (
    LISTS,
    POST_ONLY,
    SELF_TRADE,
    SIDES,
    STAYING,
    STOP_LEGS,
    TIMES_IN_FORCE,
    TYPES,
)

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


# Fields that several requests share -----------------------------------------------------


def _market() -> TextField:
    return TextField(max_length=25, help_text="The market's symbol, such as BTC-USDT.")


def _side() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=SIDES, help_text="What happens to the base asset."
    )


def _price(**kwargs: Any) -> AmountField:
    return AmountField(
        help_text="The worst price at which it trades; a multiple of tick_size.", **kwargs
    )


def _quantity(**kwargs: Any) -> AmountField:
    return AmountField(
        help_text="How much of the base asset; a multiple of lot_size.", **kwargs
    )


def _trigger(**kwargs: Any) -> AmountField:
    return AmountField(
        help_text="The last price that sets the order off: a stop to buy waits for a rise, "
        "to sell for a fall, a take-profit the other way round.",
        **kwargs,
    )


def _trail() -> AmountField:
    return AmountField(
        required=False,
        help_text="Of a trailing stop: how far its trigger stays behind the best last "
        "price since, in the quote asset.",
    )


def _trail_percent() -> AmountField:
    return AmountField(
        required=False,
        help_text='Instead of trail: the same in percent, "1.5" is 1.5 %; four decimals at '
        "most.",
    )


def _display() -> AmountField:
    return AmountField(
        required=False,
        help_text="Of an iceberg: how much of a limit order the book shows at a time. Each "
        "new part goes to the back of its price's queue.",
    )


def _max_slippage() -> AmountField:
    return AmountField(
        required=False,
        help_text="How far from the best price (of a stop: from its trigger) an order "
        'without a price may trade, as a fraction: "0.01" is 1 %. The market\'s own '
        "max_slippage if not given.",
    )


def _post_only() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=POST_ONLY,
        default="no",
        help_text="Whether a limit order that would take is refused (`reject`), or moved "
        "to one tick off the other side (`slide`).",
    )


def _self_trade() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=SELF_TRADE,
        default="cancel_taker",
        help_text="What happens when it would take from an order of your own; `none` "
        "(trade) only where the market allows it.",
    )


def _time_in_force(choices: list[str]) -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=choices,
        default="gtc",
        help_text="How long it stands: until it is cancelled (`gtc`), until `expires_at` "
        "(`gtd`), or not at all: what does not trade at once is cancelled (`ioc`), or all "
        "of it is (`fok`). An order without a price never stands.",
    )


def _expires_at() -> TimeField:
    return TimeField(
        required=False,
        help_text="When a `gtd` order ends; a time with its offset, as in RFC 3339.",
    )


def _client_order_id(of: str = "") -> TextField:
    return TextField(
        required=False,
        pattern="[A-Za-z0-9._:-]{1,64}",
        help_text="Yours, and unique for ever. Sending the same order under the same id "
        f"again places nothing and answers with the first order as it stands now.{of}",
    )


# Orders ---------------------------------------------------------------------------------


class OrderFields(StrictSerializer):
    """Which fields an order has goes by its `type`; docs/api.md has the table."""

    side = _side()
    type = serializers.ChoiceField(
        choices=TYPES,
        help_text="From `stop` on, the order waits for its trigger first.",
    )
    time_in_force = _time_in_force(TIMES_IN_FORCE)
    price = _price(required=False)
    quantity = _quantity(required=False)
    quote_budget = AmountField(
        required=False,
        help_text="Instead of quantity, of an order without a price: how much of the quote "
        "asset to spend, or to earn at most.",
    )
    trigger_price = _trigger(required=False)
    trail = _trail()
    trail_percent = _trail_percent()
    display_quantity = _display()
    max_slippage = _max_slippage()
    post_only = _post_only()
    self_trade = _self_trade()
    expires_at = _expires_at()
    client_order_id = _client_order_id()


class PlaceOrder(OrderFields):
    """Which fields an order has goes by its `type`; docs/api.md has the table."""

    market = _market()
    validate_only = FlagField(
        default=False,
        help_text="Place nothing; answer 200 with what would happen now.",
    )


class ReplaceOrder(OrderFields):
    """The new order; its market is that of the order that it replaces."""


class AmendFields(StrictSerializer):
    price = _price(required=False)
    quantity = AmountField(
        required=False,
        help_text="The new total, filled parts included; a multiple of lot_size.",
    )
    trigger_price = _trigger(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.keys() & {"price", "quantity", "trigger_price"}:
            raise serializers.ValidationError(
                "Give a new price, quantity or trigger_price."
            )
        return attrs


class AmendOrder(AmendFields):
    """What is not given stays. A smaller quantity alone keeps the place in the queue."""


# Lists ----------------------------------------------------------------------------------


class LimitLeg(StrictSerializer):
    """The leg that stands in the book."""

    price = _price()
    time_in_force = _time_in_force(STAYING)
    expires_at = _expires_at()
    post_only = _post_only()
    display_quantity = _display()


class StopTerms(StrictSerializer):
    trigger_price = _trigger(required=False)
    price = _price(required=False)
    trail = _trail()
    trail_percent = _trail_percent()
    max_slippage = _max_slippage()
    time_in_force = _time_in_force(TIMES_IN_FORCE)
    expires_at = _expires_at()


class StopLeg(StopTerms):
    """The leg that waits for its trigger."""

    type = serializers.ChoiceField(choices=STOP_LEGS)


class StopLoss(StopTerms):
    """A stop; with `price` a stop_limit, with a trail a trailing_stop."""


class PlaceOco(StrictSerializer):
    """Two orders of which one cancels the other."""

    market = _market()
    side = _side()
    quantity = _quantity()
    limit = LimitLeg()
    stop = StopLeg()
    self_trade = _self_trade()
    client_order_id = _client_order_id(" It becomes that of the limit leg.")


class PlaceBracket(StrictSerializer):
    """An entry, and the two exits that wait for it on the other side: an OCO of as much as
    the entry brought.
    """

    market = _market()
    entry = OrderFields()
    take_profit = LimitLeg()
    stop_loss = StopLoss()


# Several at once ------------------------------------------------------------------------


class BatchPlace(OrderFields):
    op = serializers.ChoiceField(choices=["place"])
    market = _market()


class BatchCancel(StrictSerializer):
    op = serializers.ChoiceField(choices=["cancel"])
    order_id = OrderIdField()


class BatchAmend(AmendFields):
    op = serializers.ChoiceField(choices=["amend"])
    order_id = OrderIdField()


_OPERATIONS: Final[dict[str, type[StrictSerializer]]] = {
    "place": BatchPlace,
    "cancel": BatchCancel,
    "amend": BatchAmend,
}


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="BatchItem",
        serializers=cast(Any, _OPERATIONS),
        resource_type_field_name="op",
    )
)
class BatchItemField(serializers.Field[dict[str, Any], Any, Any, Any]):
    """One of the operations, with the fields of that one only."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        op = data.get("op") if isinstance(data, dict) else None
        if not isinstance(op, str) or op not in _OPERATIONS:
            raise serializers.ValidationError(
                {"op": [f"Send one of {', '.join(_OPERATIONS)}."]}
            )
        form = _OPERATIONS[op](data=data)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def to_representation(self, value: Any) -> Any:
        return value


class PlaceBatch(StrictSerializer):
    all_or_none = FlagField(
        default=False,
        help_text="Carry out all of it in one moment, or nothing: of one market, and of "
        "limit orders that stay (`gtc`, `gtd`), cancels and amends only.",
    )
    items = serializers.ListField(
        child=BatchItemField(),
        min_length=1,
        max_length=UNIT_MAX,
        help_text="Carried out in this order.",
    )


class CancelAfter(StrictSerializer):
    """A dead man's switch: send it again and again, well before the time is over."""

    seconds = SecondsField(
        help_text="When all your orders are cancelled, from now; 0 switches it off."
    )


# Queries --------------------------------------------------------------------------------


class MarketQuery(PageQuery):
    market = TextField(required=False, max_length=25)


class OrdersQuery(MarketQuery):
    status = serializers.ChoiceField(
        choices=LISTS,
        default="all",
        help_text="`open` lists what may still trade: in the book, armed, or waiting. "
        "`pending` lists what the engine has not decided on yet; such orders are in none "
        "of the other lists.",
    )


class CancelAllQuery(StrictSerializer):
    market = TextField(required=False, max_length=25, help_text="All markets without it.")
    side = serializers.ChoiceField(
        choices=SIDES, required=False, help_text="Both sides without it."
    )
