"""Journals for plain-text accounting: hledger and ledger read one, beancount the other.

Each fact (a trade, a hold, a deposit ...) is a transaction of the transfers that it
consists of; a transfer is two postings, its debit and its credit, with exact amounts. A
period that starts later begins with what stood before. At the end every account's balance
is asserted as our books have it, in every asset, so that the tool proves our totals.

PostgreSQL writes the lines and COPY streams them: memory stays as it is, whatever the
length. A trade whose transfers another writer's came between is two transactions, each
balanced and with the same trade's id.
"""

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from typing import Any, Final

from django.db import connection

from kernel.units import BIGINT_MAX
from ledger.moments import TICK
from reports.formats.beancount import BEANCOUNT
from reports.formats.copying import copy_lines, still_books
from reports.formats.dialects import Dialect
from reports.formats.hledger import HLEDGER
from reports.formats.sink import Sink
from reports.table import EARLIEST, IN_ANY_ORDER, IN_ORDER, LATEST

#: By the name of the format.
DIALECTS: Final[Mapping[str, Dialect]] = {it.name: it for it in (HLEDGER, BEANCOUNT)}


def write_journal(
    sink: Sink,
    *,
    dialect: Dialect,
    since: datetime | None = None,
    until: datetime | None = None,
    last: int | None = None,
    asset: str | None = None,
) -> None:
    """Write the transfers with since <= created_at < until as a journal.

    since  None: from the beginning; otherwise it opens with the balances before
    until  None: to the end
    last   no transfer with an id beyond this one
    asset  the code of an asset: its transfers only
    """
    begin = since or EARLIEST
    write_cut(
        sink,
        dialect,
        {
            "since": begin,
            "before": begin - TICK,
            "at": until - TICK if until else LATEST,
            "last": BIGINT_MAX - 1 if last is None else last,
            "asset": asset,
        },
    )


def write_cut(sink: Sink, dialect: Dialect, arguments: Mapping[str, Any]) -> None:
    """The same, for the arguments of a report's SQL (reports.table.Params.arguments)."""
    with still_books(), connection.cursor() as cursor:
        cursor.execute(_SPAN, arguments)
        first, end, lo, hi = cursor.fetchone()
        if first is None:
            return  # nothing had happened yet
        cut = {**arguments, "first": first, "end": end, "lo": lo, "hi": hi}
        for statement in (*dialect.head, dialect.opening):
            _write(sink, statement, cut)
        cursor.execute(IN_ORDER)
        _write(sink, dialect.facts, cut, is_rows=True)
        cursor.execute(IN_ANY_ORDER)
        _write(sink, dialect.closing, cut)


def _write(
    sink: Sink, statement: str, cut: Mapping[str, Any], *, is_rows: bool = False
) -> None:
    with closing(copy_lines(statement, cut)) as pieces:
        for piece in pieces:
            sink.write(piece.data)
            if is_rows:
                sink.count(piece.rows)


# The days between which all is dated; a period opens on the day before its first, so that
# what a tool tells of its days is what it earned. And the ids between which all is found:
# by the seals, which know the times of what they cover, and by looking at what is not
# sealed yet. The same cut gives the same days whatever has been sealed since.
_SPAN: Final = f"""
    WITH seal AS MATERIALIZED (
        SELECT first, last, earliest, latest FROM ledger_seal
        WHERE log = 'transfers' AND last <= %(last)s
    ), sealed AS (
        SELECT coalesce(max(last), 0) AS last, min(earliest) AS earliest,
            max(latest) AS latest
        FROM seal
    ), tail AS MATERIALIZED (
        SELECT min(created_at) AS earliest, max(created_at) AS latest, max(id) AS last
        FROM ledger_transfer WHERE id > (SELECT last FROM sealed) AND id <= %(last)s
    ), span AS (
        SELECT least(sealed.earliest, tail.earliest) AS earliest,
            greatest(sealed.latest, tail.latest) AS latest,
            (SELECT min(first) FROM seal
                WHERE latest >= %(since)s AND earliest <= %(at)s) AS first,
            (SELECT max(last) FROM seal
                WHERE latest >= %(since)s AND earliest <= %(at)s) AS last,
            CASE WHEN tail.earliest <= %(at)s THEN tail.last END AS tail,
            sealed.last + 1 AS unsealed
        FROM sealed CROSS JOIN tail
    )
    SELECT
        CASE WHEN earliest < %(since)s THEN (%(since)s AT TIME ZONE 'UTC')::date - 1
            ELSE (earliest AT TIME ZONE 'UTC')::date END,
        (CASE WHEN %(at)s < '{LATEST:%Y-%m-%d}' THEN %(at)s
            ELSE greatest(latest, %(since)s) END AT TIME ZONE 'UTC')::date,
        coalesce(first, unsealed), coalesce(tail, last, 0)
    FROM span WHERE earliest <= %(at)s
    UNION ALL SELECT NULL, NULL, NULL, NULL LIMIT 1
"""  # noqa: S608  own text only
