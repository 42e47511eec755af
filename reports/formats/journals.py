"""Journals for plain-text accounting: hledger and ledger read one, beancount the other.

Each fact (a trade, a hold, a deposit ...) is a transaction of the transfers that it
consists of; a transfer is two postings, its debit and its credit, with exact amounts. A
period that starts later begins with what stood before. At the end every account's balance
is asserted as our books have it, in every asset, so that the tool proves our totals.

PostgreSQL writes the lines and COPY streams them: memory stays as it is, whatever the
length. A trade whose transfers another writer's came between is two transactions, each
balanced and with the same trade's id.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from reports.formats.beancount import BEANCOUNT
from reports.formats.dialects import Dialect
from reports.formats.hledger import HLEDGER
from reports.formats.sink import Sink

#: By the name of the format.
DIALECTS: Final[Mapping[str, Dialect]] = {it.name: it for it in (HLEDGER, BEANCOUNT)}


def write_journal(
    sink: Sink,
    *,
    dialect: Dialect,
    since: datetime | None = None,
    until: datetime | None = None,
    last: int | None = None,
    asset_id: int | None = None,
) -> None:
    """Write the transfers with since <= created_at < until as a journal.

    since     None: from the beginning; otherwise it opens with the balances before
    until     None: to the end
    last      no transfer with an id beyond this one
    asset_id  this asset's transfers only
    """
    cut = {"since": since, "until": until, "last": last, "asset": asset_id}
    with _still_books():
        span = _days(cut)
        for statement in dialect.head:
            _copy(sink, statement, cut | span)
        if since is not None:
            _copy(sink, dialect.opening, cut | span)
        sink.rows += _copy(sink, dialect.facts, cut)
        _copy(sink, dialect.closing, cut | span)


@contextmanager
def _still_books() -> Iterator[None]:
    """All that is read inside is of one moment, though the exchange goes on."""
    if connection.in_atomic_block:
        yield  # the caller sees to it
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _days(cut: dict[str, Any]) -> dict[str, Any]:
    """The first and the last day of what is written."""
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, cut)
        first, end = cursor.fetchone()
    return {"first": first, "end": end}


_DAYS: Final = """
    SELECT
        (coalesce(%(since)s::timestamptz, min(created_at)) AT TIME ZONE 'UTC')::date,
        (coalesce(%(until)s::timestamptz - interval '1 microsecond', max(created_at),
            %(since)s::timestamptz) AT TIME ZONE 'UTC')::date
    FROM ledger_transfer
    WHERE (%(last)s::bigint IS NULL OR id <= %(last)s)
    AND (%(until)s::timestamptz IS NULL OR created_at < %(until)s)
"""


def _copy(sink: Sink, query: str, values: dict[str, Any]) -> int:
    """Write the texts that the query gives; how many they were.

    They hold no backslash and no tab, so all that COPY escapes are the ends of lines.
    """
    count = 0
    with connection.wrap_database_errors, connection.cursor() as cursor:
        copy = cursor.copy(f"COPY ({query}) TO STDOUT", values)
        with copy as blocks:
            pieces: list[bytes] = []
            for block in blocks:
                pieces.append(bytes(block))
                if len(pieces) == _PIECES:
                    sink.write(b"".join(pieces).replace(b"\\n", b"\n"))
                    count += _PIECES
                    pieces.clear()
            sink.write(b"".join(pieces).replace(b"\\n", b"\n"))
    return count + len(pieces)


_PIECES: Final = 2_000
