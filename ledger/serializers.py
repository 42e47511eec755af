"""Assets and balances as the API shows them."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import DecimalText
from kernel.decimals import format_decimal
from ledger.models import Asset
from ledger.selectors import Balance


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
