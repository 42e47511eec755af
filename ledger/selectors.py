"""Reads from the books."""

from dataclasses import dataclass

from django.db.models import QuerySet

from kernel.units import Atoms
from ledger.errors import UnknownAsset
from ledger.models import CUSTOMER_KINDS, Account, AccountKind, Asset


@dataclass(frozen=True, slots=True)
class Balance:
    """What a customer has of one asset, in atoms."""

    asset: Asset
    available: Atoms
    held: Atoms
    withdrawing: Atoms

    @property
    def total(self) -> Atoms:
        return Atoms(self.available + self.held + self.withdrawing)


def assets() -> QuerySet[Asset]:
    return Asset.objects.order_by("code")


def asset_by_code(code: str) -> Asset:
    """raises  UnknownAsset"""
    asset = Asset.objects.filter(code=code).first() if code.isalnum() else None
    if asset is None:
        raise UnknownAsset(asset=code[:40])
    return asset


def balances_of(*, owner_id: int) -> list[Balance]:
    """Every asset that the customer ever had, by code."""
    by_asset: dict[int, dict[str, int]] = {}
    assets: dict[int, Asset] = {}
    rows = Account.objects.filter(owner_id=owner_id).select_related("asset")
    for account in rows.order_by("asset__code"):
        assets[account.asset_id] = account.asset
        by_asset.setdefault(account.asset_id, {})[account.kind] = account.balance
    return [
        Balance(assets[asset_id], *(Atoms(kinds.get(kind, 0)) for kind in CUSTOMER_KINDS))
        for asset_id, kinds in by_asset.items()
    ]


def house_account(*, asset_id: int, kind: AccountKind, label: str = "") -> Account | None:
    """The house's account, or None when it was never opened."""
    return Account.objects.filter(
        owner__isnull=True, asset_id=asset_id, kind=kind, label=label
    ).first()
