"""What every account has turned over is written down every so often (ADR 0020)."""

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from kernel.failpoint import failpoint
from ledger.models import TRANSFERS_LOG, LogMark, Snapshot

#: A balance as of any moment goes through so many transfers at most, and a few more.
SNAPSHOT_EVERY: Final = 250_000
#: Where little happens, seals are short; through so many at most.
SNAPSHOT_SEALS: Final = 1_000


@transaction.atomic
def take_snapshot(
    *, now: datetime, every: int = SNAPSHOT_EVERY, seals: int = SNAPSHOT_SEALS
) -> Snapshot | None:
    """Write down the turnover of all accounts that moved since the last snapshot.

    It stands on the last seal of the transfers. Two at once do not both.

    every    transfers; with fewer sealed since the last snapshot nothing is done
    seals    unless they came in so many seals
    returns  the snapshot, or None when none was due
    """
    marks = LogMark.objects.select_for_update(skip_locked=True)
    if marks.filter(name=TRANSFERS_LOG).first() is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_SEALED_SINCE, [TRANSFERS_LOG])
        before, last, rows, count = cursor.fetchone()
        if not count or (rows < every and count < seals):
            return None
        cursor.execute(_TAKE, {"before": before, "last": last})
        accounts = cursor.rowcount
    failpoint("before_snapshot")
    return Snapshot.objects.create(last=last, accounts=accounts, taken_at=now)


_SEALED_SINCE: Final = """
    SELECT before, max(s.last), coalesce(sum(s.rows), 0), count(s.last)
    FROM (SELECT coalesce(max(last), 0) AS before FROM ledger_snapshot) AS snapshot
    LEFT JOIN ledger_seal s ON s.log = %s AND s.last > before
    GROUP BY before
"""
_TAKE: Final = """
    INSERT INTO ledger_snapshotbalance (account_id, last, debits, credits)
    SELECT moved.account_id, %(last)s,
        moved.debits + coalesce(known.debits, 0), moved.credits + coalesce(known.credits, 0)
    FROM (
        SELECT account_id, sum(debit) AS debits, sum(credit) AS credits
        FROM ledger_transfer t CROSS JOIN LATERAL (
            VALUES (t.debit_id, t.amount, 0::bigint), (t.credit_id, 0, t.amount)
        ) AS leg (account_id, debit, credit)
        WHERE t.id > %(before)s AND t.id <= %(last)s GROUP BY account_id
    ) AS moved
    LEFT JOIN LATERAL (
        SELECT debits, credits FROM ledger_snapshotbalance
        WHERE account_id = moved.account_id ORDER BY last DESC LIMIT 1
    ) AS known ON true
"""
