"""What the API takes about orders. Strict: a field that does not belong is refused."""

from typing import Any, Final, cast

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from accounts.serializers import AmountField, PageQuery, StrictSerializer, TextField
from orders.commands import UNIT_MAX
from orders.serializers.fields import (
    FlagField,
    OrderIdField,
    SecondsField,
    client_order_id_field,
    display_field,
    expires_at_field,
    market_field,
    max_slippage_field,
    post_only_field,
    price_field,
    quantity_field,
    self_trade_field,
    side_field,
    time_in_force_field,
    trail_field,
    trail_percent_field,
    trigger_field,
)
from orders.serializers.words import LISTS, SIDES, STAYING, STOP_LEGS, TIMES_IN_FORCE, TYPES

# Orders ---------------------------------------------------------------------------------


class OrderFields(StrictSerializer):
    """Which fields an order has goes by its `type`; docs/api.md has the table."""

    side = side_field()
    type = serializers.ChoiceField(
        choices=TYPES,
        help_text="From `stop` on, the order waits for its trigger first.",
    )
    time_in_force = time_in_force_field(TIMES_IN_FORCE)
    price = price_field(required=False)
    quantity = quantity_field(required=False)
    quote_budget = AmountField(
        required=False,
        help_text="Instead of quantity, of an order without a price: how much of the quote "
        "asset to spend, or to earn at most.",
    )
    trigger_price = trigger_field(required=False)
    trail = trail_field()
    trail_percent = trail_percent_field()
    display_quantity = display_field()
    max_slippage = max_slippage_field()
    post_only = post_only_field()
    self_trade = self_trade_field()
    expires_at = expires_at_field()
    client_order_id = client_order_id_field()


class PlaceOrder(OrderFields):
    """Which fields an order has goes by its `type`; docs/api.md has the table."""

    market = market_field()
    validate_only = FlagField(
        default=False,
        help_text="Place nothing; answer 200 with what would happen now.",
    )


class ReplaceOrder(OrderFields):
    """The new order; its market is that of the order that it replaces."""


class AmendFields(StrictSerializer):
    price = price_field(required=False)
    quantity = AmountField(
        required=False,
        help_text="The new total, filled parts included; a multiple of lot_size.",
    )
    trigger_price = trigger_field(required=False)

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

    price = price_field()
    time_in_force = time_in_force_field(STAYING)
    expires_at = expires_at_field()
    display_quantity = display_field()


class StopTerms(StrictSerializer):
    trigger_price = trigger_field(required=False)
    price = price_field(required=False)
    trail = trail_field()
    trail_percent = trail_percent_field()
    max_slippage = max_slippage_field()
    time_in_force = time_in_force_field(TIMES_IN_FORCE)
    expires_at = expires_at_field()


class StopLeg(StopTerms):
    """The leg that waits for its trigger."""

    type = serializers.ChoiceField(choices=STOP_LEGS)


class StopLoss(StopTerms):
    """A stop; with `price` a stop_limit, with a trail a trailing_stop."""


class PlaceOco(StrictSerializer):
    """Two orders of which one cancels the other."""

    market = market_field()
    side = side_field()
    quantity = quantity_field()
    limit = LimitLeg()
    stop = StopLeg()
    self_trade = self_trade_field()
    client_order_id = client_order_id_field(" It becomes that of the limit leg.")


class PlaceBracket(StrictSerializer):
    """An entry, and the two exits that wait for it on the other side: an OCO of as much as
    the entry brought.
    """

    market = market_field()
    entry = OrderFields()
    take_profit = LimitLeg()
    stop_loss = StopLoss()


# Several at once ------------------------------------------------------------------------


class BatchPlace(OrderFields):
    op = serializers.ChoiceField(choices=["place"])
    market = market_field()


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
