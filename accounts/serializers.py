"""What every interface needs to read requests strictly. Below everyone, so that all may."""

from typing import Any

from rest_framework import serializers

from kernel.decimals import parse_decimal
from kernel.errors import InvalidAmount


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a typing error is no silent default."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(
                {name[:80]: ["There is no such field."] for name in unknown[:20]},
                code="unknown_field",
            )
        return super().to_internal_value(data)


class AmountField(serializers.CharField):
    """A decimal string, kept as sent: its unit (an asset's scale, a tick) is known later.

    What is not a plain decimal string is refused here already.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            parse_decimal(data, scale=18)
        except InvalidAmount as refused:
            raise serializers.ValidationError(
                refused.detail, code="invalid_amount"
            ) from refused
        return str(data)
