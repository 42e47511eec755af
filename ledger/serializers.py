"""Assets and balances as the API shows them."""

from typing import Any, Final

from rest_framework import serializers

from accounts.serializers import DecimalText, IdText, PageQuery
from kernel.decimals import format_decimal
from ledger.models import CUSTOMER_KINDS, AccountKind, Asset
from ledger.selectors import Balance, Movement
from ledger.transfers import TransferCode

ACCOUNTS: Final = [kind.value for kind in CUSTOMER_KINDS]
#: The two legs of a trade are one thing to those who trade.
_TRADE: Final = {TransferCode.TRADE_QUOTE: "trade", TransferCode.TRADE_BASE: "trade"}
_WHY: Final = {it.value: _TRADE.get(it, it.name.lower()) for it in TransferCode}
REASONS: Final = list(dict.fromkeys(_WHY.values()))


class AssetAnswer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    scale = serializers.IntegerField(help_text="How many decimals an amount has.")
    kind = serializers.ChoiceField(choices=Asset.Kind.choices)


class BalanceAnswer(serializers.Serializer[Any]):
    """`held` backs open orders, `withdrawing` is on its way out."""

    asset = serializers.CharField()
    available = DecimalText()
    held = DecimalText()
    withdrawing = DecimalText()
    total = DecimalText()


def asset_body(asset: Asset) -> dict[str, Any]:
    return {
        "code": asset.code,
        "name": asset.name,
        "scale": asset.scale,
        "kind": asset.kind,
    }


def balance_body(balance: Balance) -> dict[str, Any]:
    amounts = {
        "available": balance.available,
        "held": balance.held,
        "withdrawing": balance.withdrawing,
        "total": balance.total,
    }
    scale = balance.asset.scale
    return {"asset": balance.asset.code} | {
        name: format_decimal(atoms, scale=scale) for name, atoms in amounts.items()
    }


class MovementsQuery(PageQuery):
    account = serializers.ChoiceField(
        choices=ACCOUNTS,
        default=AccountKind.AVAILABLE.value,
        help_text="Which part of the balance.",
    )


class MovementAnswer(serializers.Serializer[Any]):
    """`amount` is what came, or with a minus what left. Of an order, what is set aside
    leaves `available` for `held`, and what is not needed comes back."""

    id = IdText()
    amount = DecimalText()
    reason = serializers.ChoiceField(choices=REASONS)
    reference = IdText(
        help_text="The order that money was set aside for or released from (`hold`, "
        "`release`), the trade (`trade`, `fee`), the deposit or the withdrawal."
    )
    created_at = serializers.DateTimeField()


class MovementPage(serializers.Serializer[Any]):
    results = MovementAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


def movement_body(movement: Movement) -> dict[str, Any]:
    transfer = movement.transfer
    return {
        "id": str(transfer.pk),
        "amount": format_decimal(movement.amount, scale=movement.asset.scale),
        "reason": _WHY[transfer.code],
        "reference": str(transfer.ref),
        "created_at": transfer.created_at,
    }
