"""Orders that were sent together, as the API shows them."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import IdText
from orders.serializers.answers import OrderAnswer, OrderWithFills


class OrderListAnswer(serializers.Serializer[Any]):
    """An OCO or a bracket."""

    list_id = IdText()
    orders = OrderWithFills(
        many=True, help_text="As they were sent: the entry, the limit leg, the stop leg."
    )


class ReplaceAnswer(serializers.Serializer[Any]):
    cancelled = OrderWithFills(help_text="The old order.")
    placed = OrderWithFills(help_text="The new order.")


class BatchProblem(serializers.Serializer[Any]):
    """As the answer would be, had the item been sent alone; it may have more members."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class BatchResult(serializers.Serializer[Any]):
    """`order` or `problem`."""

    status = serializers.IntegerField(
        help_text="The HTTP status that the item would be answered with, sent alone."
    )
    order = OrderAnswer(required=False)
    problem = BatchProblem(required=False)


class BatchAnswer(serializers.Serializer[Any]):
    results = BatchResult(many=True, help_text="In the order of the items.")


class CancelAllAnswer(serializers.Serializer[Any]):
    cancelled = serializers.ListField(
        child=IdText(), help_text="The orders that were live, and are cancelled now."
    )
    undecided = serializers.ListField(
        child=IdText(), help_text="The orders that the engine has not come to yet."
    )
    refused = serializers.ListField(
        child=IdText(), help_text="The orders in markets that are halted; they stay."
    )


class CancelAfterAnswer(serializers.Serializer[Any]):
    deadline = serializers.DateTimeField(
        allow_null=True, help_text="When all orders are cancelled; null: never."
    )
