"""Deposits as the API shows them."""

from typing import Any, Final

from rest_framework import serializers

from accounts.serializers import DecimalText, IdText
from deposits.models import Deposit
from deposits.states import IN_THE_BOOKS

STATUSES: Final = sorted(state.value for state in IN_THE_BOOKS)


class DepositAnswer(serializers.Serializer[Any]):
    id = IdText()
    asset = serializers.CharField()
    amount = DecimalText()
    reference = serializers.CharField(help_text="What names the payment outside.")
    status = serializers.ChoiceField(choices=STATUSES)
    created_at = serializers.DateTimeField(help_text="When it was noticed.")
    updated_at = serializers.DateTimeField(help_text="When it was credited.")


class DepositPage(serializers.Serializer[Any]):
    results = DepositAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


def deposit_body(deposit: Deposit) -> dict[str, Any]:
    return {
        "id": str(deposit.pk),
        "asset": deposit.asset.code,
        "amount": deposit.amount_text,
        "reference": deposit.reference,
        "status": deposit.state,
        "created_at": deposit.created_at,
        "updated_at": deposit.decided_at,
    }
