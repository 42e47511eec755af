"""Reads from the books."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from kernel.units import BIGINT_MAX, Atoms
from ledger.errors import UnknownAsset
from ledger.models import SLICE_MIN, Account, AccountKind, Asset, Transfer


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


# Movements -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Movement:
    """What a transfer did to one of a customer's accounts.

    amount  atoms; less than zero when they left
    """

    transfer: Transfer
    asset: Asset
    amount: Atoms


def movements_page(
    *, owner_id: int, asset: Asset, kind: AccountKind, before: int | None, limit: int
) -> list[Movement]:
    """Of the customer's account of this asset and kind, the newest first.

    before  the id of the transfer after which the page starts
    """
    account = Account.objects.filter(owner_id=owner_id, asset=asset, kind=kind).first()
    if account is None:
        return []
    rows = movements_of(account_id=account.pk, before=before, limit=limit)
    return [Movement(it, asset, _gain(it, account.pk)) for it in rows]


def _gain(transfer: Transfer, account_id: int) -> Atoms:
    """What a customer's account, which grows by credits, gained by a transfer."""
    grows = transfer.credit_id == account_id
    return Atoms(transfer.amount if grows else -transfer.amount)


def movements_of(*, account_id: int, before: int | None, limit: int) -> list[Transfer]:
    """The transfers from and to an account, the newest first: those that are listed, and
    beyond the lists' cursor those that are not (ADR 0018).

    before  the id after which the page starts
    """
    where = {
        "account": account_id,
        "before": BIGINT_MAX if before is None else before,
        "limit": limit,
    }
    return list(Transfer.objects.raw(MOVEMENTS_OF, where))


# OFFSET 0 keeps the look-up of a listed transfer a look-up, whatever the planner makes of
# the numbers.
MOVEMENTS_OF: Final = """
    (SELECT t.* FROM ledger_transfer t
     WHERE t.id > coalesce((SELECT max(position) FROM ledger_movementcursor), 0)
     AND t.id < %(before)s AND (t.debit_id = %(account)s OR t.credit_id = %(account)s)
     ORDER BY t.id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT t.* FROM ledger_movementsofaccount l CROSS JOIN unnest(l.ids) AS i(id)
     CROSS JOIN LATERAL (SELECT * FROM ledger_transfer WHERE id = i.id OFFSET 0) t
     WHERE l.account_id = %(account)s AND l.first < %(before)s AND i.id < %(before)s
     ORDER BY l.first DESC, i.id DESC LIMIT %(limit)s)
    ORDER BY id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class MovementLag:
    """How far the lists of movements are behind the transfers.

    rows  how many ids
    age   of the first transfer that waits; 0 while fewer wait than are worth a slice
    """

    rows: int
    age: timedelta


def movement_backlog(*, most: int) -> int:
    """How many transfers the lists of movements lack; counted no further than `most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM ledger_transfer WHERE id > coalesce(("
            "SELECT max(position) FROM ledger_movementcursor), 0) LIMIT %s) AS waiting",
            [most],
        )
        return int(cursor.fetchone()[0])


def movement_lag() -> MovementLag:
    with connection.cursor() as cursor:
        cursor.execute(_LAG, {"least": SLICE_MIN})
        return MovementLag(*cursor.fetchone())


# The first row that waits tells the age, if there are as many as a slice has at least.
_LAG: Final = """
    WITH cursor AS (
        SELECT coalesce(max(position), 0) AS position FROM ledger_movementcursor
    )
    SELECT greatest((SELECT max(id) FROM ledger_transfer) - position, 0),
        CASE WHEN EXISTS (
            SELECT FROM ledger_transfer WHERE id > position OFFSET %(least)s - 1
        ) THEN greatest(clock_timestamp() - (
            SELECT created_at FROM ledger_transfer WHERE id > position ORDER BY id LIMIT 1
        ), interval '0') ELSE interval '0' END
    FROM cursor
"""
