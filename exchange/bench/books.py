"""How fast long books tell what they said at a past moment, and are sealed."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from django.db import connection, transaction

from exchange.audit import INVARIANTS, audit
from exchange.bench.history import History
from exchange.bench.rows import Goal, Limit, Row, measured
from ledger.audit import SEALED
from ledger.models import TRANSFERS_LOG, Seal
from ledger.moments import Moment
from ledger.selectors import balances_at, content_of

#: Where in the history the moments lie; none is near a snapshot by design.
MOMENTS: Final = (0.13, 0.31, 0.52, 0.74, 0.93)
#: What can be proved of books without orders.
PROVED: Final = ("L1", "L2", "L3", "L5", "L7", "L8", "L10", "L14")


def book_rows(history: History) -> list[Row]:
    """The trial balance and one customer's balances as of past moments; the seals."""
    moments = [history.at(part) for part in MOMENTS]
    everybody = [_seconds(partial(balances_at, moment=Moment(at=at))) for at in moments]
    folds = [_seconds(partial(_fold, at)) for at in moments[::2]]
    someone = history.users[len(history.users) // 2]
    ones = [
        1000 * _seconds(partial(balances_at, moment=Moment(at=at), owner_id=someone))
        for at in moments
    ]
    whole = Limit("adding up all transfers until then", folds, "s")
    count = f"{history.transfers:,}"
    return [
        measured(f"trial balance over {count} transfers, past instant", everybody, "s",
                 beside=whole, goal=Goal(2, at_most=True),
                 note=f"{2 * len(history.users):,} customers' accounts"),
        measured("one customer's balances, past instant", ones, "ms"),
        measured("seals: rows read and hashed", _hash_rates(), "rows/s",
                 beside=Limit("raw COPY of them out", _copy_rates(), "rows/s")),
    ]  # fmt: skip


def proved() -> str:
    """What the invariants say that hold of books without orders.

    raises  ValueError when one does not
    """
    rules = [invariant for invariant in INVARIANTS if invariant.id in PROVED]
    broken = [line for finding in audit(rules=rules) for line in finding.violations]
    if broken:
        raise ValueError(f"the books are wrong: {broken[0]}")
    return f"{', '.join(PROVED)} hold."


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _fold(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, {"at": at})
        cursor.fetchall()


def _seals() -> list[Seal]:
    seals = Seal.objects.filter(log=TRANSFERS_LOG).order_by("-rows")
    return list(seals[:5])


def _hash_rates() -> list[float]:
    return [seal.rows / _seconds(partial(_hash, seal)) for seal in _seals()]


@transaction.atomic
def _hash(seal: Seal) -> None:
    assert content_of(SEALED[0], first=seal.first, last=seal.last) == seal.content


def _copy_rates() -> list[float]:
    return [seal.rows / _seconds(partial(_copy, seal)) for seal in _seals()]


def _copy(seal: Seal) -> None:
    where = f"WHERE id BETWEEN {seal.first} AND {seal.last}"
    query = f"COPY (SELECT * FROM ledger_transfer {where} ORDER BY id) TO STDOUT"  # noqa: S608  own numbers
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(query) as copy:
        for _ in copy:
            pass


_FOLD: Final = """
    SELECT account_id, sum(credit) FROM (
        SELECT debit_id AS account_id, -amount AS credit FROM ledger_transfer
        WHERE created_at <= %(at)s
        UNION ALL
        SELECT credit_id, amount FROM ledger_transfer WHERE created_at <= %(at)s
    ) AS leg GROUP BY account_id
"""
