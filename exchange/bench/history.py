"""Long books: millions of transfers, sealed, listed and with snapshots; no orders."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from exchange.seals import seal_due
from kernel import clock
from ledger.models import AccountKind
from ledger.services import index_movements, open_account, open_asset

#: Transfers of one statement; an entry has so many besides.
CHUNK, ENTRY = 100_000, 1_000
#: Atoms that everybody has of each asset in the beginning.
OPENING: Final = 10**13
#: How long the history lasts.
DAYS: Final = 300


@dataclass(frozen=True, slots=True)
class History:
    """Books that go back for DAYS.

    since, until  the times of the first and the last transfer
    users         ids of the customers, the busiest first
    """

    transfers: int
    since: datetime
    until: datetime
    users: list[int]

    def at(self, part: float) -> datetime:
        """The moment when so much of it, from 0 to 1, was over."""
        return self.since + (self.until - self.since) * part


def fill_history(
    *, transfers: int, users: int, say: Callable[[str], None], favourite: int = 0
) -> History:
    """Move money between the available accounts of `users`; few of them move most of it.

    Times go forwards with the ids but for a few seconds, as where several write.

    favourite  percent of all transfers that are the first user's
    """
    until = clock.now() - timedelta(days=1)
    since = until - timedelta(days=DAYS)
    step = (until - since) / transfers
    people = _people(users)
    accounts = [_funded(code, people, since) for code in ("BTC", "USDT")]
    for done in range(0, transfers, CHUNK):
        count = min(CHUNK, transfers - done)
        asset = done // CHUNK % len(accounts)
        _add(accounts[asset], count, since + step * done, step, favourite)
        keep_up()
        if done % (10 * CHUNK) == 0:
            say(f"history: {done + count:,} transfers are there")
    keep_up()
    return History(transfers, since, until, people)


def keep_up() -> None:
    """Seal, take snapshots and list the movements, as the general worker does."""
    while seal_due(now=clock.now()):
        pass
    while index_movements():
        pass


def _people(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [count])
        return sorted(row[0] for row in cursor.fetchall())


@transaction.atomic
def _funded(code: str, owners: list[int], at: datetime) -> list[tuple[int, int]]:
    """(account, asset) of each of the owners, in their order, with plenty in it."""
    asset = open_asset(code=code, name=code).pk
    custody = open_account(asset_id=asset, kind=AccountKind.CUSTODY, label="main").pk
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [asset, owners])
        accounts = [row[0] for row in cursor.fetchall()]
        cursor.execute(_FUNDS, [at, code, custody, accounts, asset, OPENING])
    return [(account, asset) for account in accounts]


@transaction.atomic
def _add(
    accounts: list[tuple[int, int]],
    count: int,
    at: datetime,
    step: timedelta,
    favourite: int,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, {"count": -(-count // ENTRY), "at": at})
        first = min(row[0] for row in cursor.fetchall())
        cursor.execute(
            _TRANSFERS,
            {
                "accounts": [account for account, _ in accounts], "asset": accounts[0][1],
                "users": len(accounts), "count": count, "entry": first, "size": ENTRY,
                "at": at, "step": step.total_seconds(), "favourite": favourite,
            },
        )  # fmt: skip


_PEOPLE: Final = """
    INSERT INTO accounts_user
        (email, password, is_superuser, is_active, is_staff, created_at)
    SELECT format('saver%%s@example.com', n), '!', false, true, false, now()
    FROM generate_series(1, %s) AS n RETURNING id
"""
_ACCOUNTS: Final = """
    INSERT INTO ledger_account
        (owner_id, asset_id, kind, label, normal_side, floor, balance, opened_at)
    SELECT owner, %s, 'available', '', 'C', 0, 0, now()
    FROM unnest(%s::bigint[]) AS owner ORDER BY owner RETURNING id
"""
_FUNDS: Final = """
    WITH told (at, code, custody, accounts, asset, amount) AS (
        VALUES (%s::timestamptz, %s, %s::bigint, %s::bigint[], %s::bigint, %s::bigint)
    ), entry AS (
        INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at)
        SELECT 'house', 'history:' || code, '', '', '', at FROM told RETURNING id
    )
    INSERT INTO ledger_transfer
        (entry_id, debit_id, credit_id, asset_id, amount, code, ref, created_at)
    SELECT entry.id, custody, account, asset, amount, 80, entry.id, at
    FROM entry, told, unnest(accounts) AS account
"""
_ENTRIES: Final = """
    INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at)
    SELECT 'batch', format('history:%%s:%%s', %(at)s, n), '', '', '', %(at)s
    FROM generate_series(1, %(count)s) AS n RETURNING id
"""
# A third power of chance: the first tenth of the users is in almost half of the transfers.
_TRANSFERS: Final = """
    INSERT INTO ledger_transfer
        (entry_id, debit_id, credit_id, asset_id, amount, code, ref, created_at)
    SELECT %(entry)s + (n - 1) / %(size)s,
        accounts[1 + debit], accounts[1 + (debit + 1 + step) %% %(users)s], %(asset)s,
        1 + (random() * 1000000)::int, 21, n,
        %(at)s + (n * %(step)s + random() * 4 - 2) * interval '1 second'
    FROM (SELECT %(accounts)s::bigint[] AS accounts) AS of,
        LATERAL (
            SELECT n, CASE WHEN random() * 100 < %(favourite)s THEN 0
                      ELSE (random() ^ 3 * (%(users)s - 1))::int END AS debit,
                (random() ^ 3 * (%(users)s - 2))::int AS step
            FROM generate_series(1, %(count)s) AS n
        ) AS pair
"""
