"""Whether the snapshots of the balances are what the transfers say (ADR 0020)."""

from collections.abc import Iterable, Iterator
from typing import Final

from django.db import connection

from ledger.models import Snapshot


def wrong_snapshots(*, lasts: Iterable[int] | None = None) -> Iterator[str]:
    """Snapshots that do not follow from the one before them and the transfers since.

    lasts  only those that stand there; None: all, and what belongs to none of them
    """
    every = list(Snapshot.objects.order_by("last").values_list("last", flat=True))
    wanted = set(every if lasts is None else lasts)
    for before, last in zip([0, *every], every, strict=False):
        if last in wanted:
            yield from _ask(_WRONG, {"before": before, "last": last})
    if lasts is None:
        yield from _ask(_LOST, {})


def _ask(query: str, where: dict[str, int]) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, where)
        for (line,) in cursor.fetchall():
            yield line


_WRONG: Final = """
    WITH moved AS (
        SELECT account_id, sum(debit) AS debits, sum(credit) AS credits
        FROM ledger_transfer t CROSS JOIN LATERAL (
            VALUES (t.debit_id, t.amount, 0::bigint), (t.credit_id, 0, t.amount)
        ) AS leg (account_id, debit, credit)
        WHERE t.id > %(before)s AND t.id <= %(last)s GROUP BY account_id
    ), said AS (
        SELECT s.account_id, s.debits - coalesce(known.debits, 0) AS debits,
            s.credits - coalesce(known.credits, 0) AS credits
        FROM ledger_snapshotbalance s LEFT JOIN LATERAL (
            SELECT debits, credits FROM ledger_snapshotbalance b
            WHERE b.account_id = s.account_id AND b.last < s.last
            ORDER BY b.last DESC LIMIT 1
        ) AS known ON true
        WHERE s.last = %(last)s
    )
    SELECT format('snapshot %%s: account %%s turned over %%s and %%s, it says %%s and %%s',
        %(last)s, account_id, coalesce(moved.debits, 0), coalesce(moved.credits, 0),
        coalesce(said.debits, 0), coalesce(said.credits, 0))
    FROM moved FULL JOIN said USING (account_id)
    WHERE moved.debits IS DISTINCT FROM said.debits
       OR moved.credits IS DISTINCT FROM said.credits
"""
_LOST: Final = """
    SELECT format('snapshot %%s: it is not there, and says what account %%s turned over',
        last, account_id)
    FROM ledger_snapshotbalance b
    WHERE NOT EXISTS (SELECT FROM ledger_snapshot s WHERE s.last = b.last)
"""
