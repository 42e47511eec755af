"""Assets, and what somebody has of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from kernel.units import Atoms
from ledger.errors import UnknownAsset
from ledger.models import Account, AccountKind, Asset


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


#: What these owners have, one row for each owner and asset; `balances_by_owner` reads it.
BALANCES: Final = """
    SELECT account.owner_id, asset.id, asset.code, asset.name, asset.scale, asset.kind,
        sum(balance) FILTER (WHERE account.kind = 'available')::bigint,
        sum(balance) FILTER (WHERE account.kind = 'held')::bigint,
        sum(balance) FILTER (WHERE account.kind = 'withdrawing')::bigint
    FROM ledger_account account JOIN ledger_asset asset ON asset.id = account.asset_id
    WHERE account.owner_id = ANY(%s)
    GROUP BY account.owner_id, asset.id ORDER BY asset.code
"""


def balances_of(*, owner_id: int) -> list[Balance]:
    """Every asset that the customer ever had, by code."""
    with connection.cursor() as cursor:
        cursor.execute(BALANCES, [[owner_id]])
        return balances_by_owner(cursor.fetchall()).get(owner_id, [])


def balances_by_owner(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Balance]]:
    """What the query BALANCES answered, without the owners who have nothing."""
    found: dict[int, list[Balance]] = {}
    for owner, id_, code, name, scale, kind, available, held, withdrawing in rows:
        found.setdefault(owner, []).append(
            Balance(
                _asset(id_, code, name, scale, kind),
                Atoms(available or 0),
                Atoms(held or 0),
                Atoms(withdrawing or 0),
            )
        )
    return found


@lru_cache(maxsize=10_000)
def _asset(id_: int, code: str, name: str, scale: int, kind: str) -> Asset:
    return Asset(id_, code, name, scale, kind)


def house_account(*, asset_id: int, kind: AccountKind, label: str = "") -> Account | None:
    """The house's account, or None when it was never opened."""
    return Account.objects.filter(
        owner__isnull=True, asset_id=asset_id, kind=kind, label=label
    ).first()
