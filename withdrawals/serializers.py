"""Withdrawals as the API reads and shows them."""

from typing import Any, Final

from rest_framework import serializers

from accounts.serializers import (
    AmountField,
    DecimalText,
    IdText,
    StrictSerializer,
    TextField,
)
from withdrawals.models import Withdrawal
from withdrawals.states import State

STATUSES: Final = [state.value for state in State]


class RequestWithdrawal(StrictSerializer):
    asset = TextField(max_length=12)
    amount = AmountField()
    address = TextField(pattern="[!-~]{1,128}", help_text="Printable ASCII without spaces.")
    client_withdrawal_id = TextField(
        required=False,
        pattern="[A-Za-z0-9._:-]{1,64}",
        help_text="Yours, and unique for ever. Sending the same withdrawal under the same "
        "id again requests nothing and answers with the first as it stands now.",
    )


class WithdrawalAnswer(serializers.Serializer[Any]):
    """The amount is held while `requested` or `approved`, has left when `paid`, and is
    available again when `failed`, `rejected` or `cancelled`.
    """

    id = IdText()
    client_withdrawal_id = serializers.CharField(allow_null=True)
    asset = serializers.CharField()
    amount = DecimalText()
    address = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    txid = serializers.CharField(allow_null=True, help_text="The payment, once paid.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class WithdrawalPage(serializers.Serializer[Any]):
    results = WithdrawalAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


def withdrawal_body(withdrawal: Withdrawal) -> dict[str, Any]:
    """What its user may know. The staff's reason is not theirs to read: it may concern an
    investigation.
    """
    return {
        "id": str(withdrawal.pk),
        "client_withdrawal_id": withdrawal.client_withdrawal_id,
        "asset": withdrawal.asset.code,
        "amount": withdrawal.amount_text,
        "address": withdrawal.address,
        "status": withdrawal.state,
        "txid": withdrawal.txid or None,
        "created_at": withdrawal.created_at,
        "updated_at": withdrawal.updated_at,
    }
