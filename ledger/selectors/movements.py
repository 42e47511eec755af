"""What moved an account, the newest first; and how far its lists are behind."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection

from kernel.units import BIGINT_MAX, Atoms
from ledger.models import SLICE_MIN, Account, AccountKind, Asset, Transfer


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
