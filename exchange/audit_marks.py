"""Up to where an audit looked, so that the next one can go on from there.

A mark of a log is an id up to which every row that will ever be there could be seen.
Several write at once and draw ids before their rows can be seen; so the marks are read
first, the audit waits until those have ended who were writing then, and only then takes its
snapshot. If that takes too long, the marks stay where they were, and the next audit looks
at more.

Between two logs there is a seam: what one transaction wrote may stand below the mark of one
log and above that of another. So each mark has one `_before`, of the audit before: who
wrote a row above a mark had not ended when the mark was read, and who wrote below the
earlier one had.
"""

import json
import time
from collections.abc import Mapping
from string import Template
from typing import Any, Final

from django.db import connection

from ledger.audit import DATABASE
from ledger.selectors.marks import writers_of
from orders.commands import SEQUENCE_BITS

#: name of the mark -> rows; all of them are written by several at once. The entries of
#: trading batches are numbered by their markets.
LOGS: Final[Mapping[str, str]] = {
    "transfer": "ledger_transfer",
    "entry": f"ledger_entry WHERE id < {1 << SEQUENCE_BITS}",
    "event": "orders_orderevent",
    "change": "orders_marketchange",
    "prevented": "orders_preventedmatch",
    "deposit_event": "deposits_event",
    "withdrawal": "withdrawals_withdrawal",
    "withdrawal_event": "withdrawals_event",
}
#: How long an audit waits for those who are writing.
PATIENCE: Final = 5.0
_PAUSE: Final = 0.02
#: As JSON keeps it: numbers by name, of each market the numbers of its last trade and event
#: batch, and of each shard where its engine stood.
Marks = dict[str, Any]


def safe_marks(*, patience: float = PATIENCE) -> Marks | None:
    """Marks up to which a snapshot that is taken now sees everything; None when somebody
    has been writing for longer than `patience` seconds."""
    with connection.cursor() as cursor:
        tops = ", ".join(
            f"(SELECT coalesce(max(id), 0) FROM {rows})"  # noqa: S608  own words
            for rows in LOGS.values()
        )
        cursor.execute(f"SELECT {tops}")
        marks = dict(zip(LOGS, cursor.fetchone(), strict=True))
    tables = [rows.split()[0] for rows in LOGS.values()]
    began, writers = time.monotonic(), writers_of(*tables)
    while writers := writers & writers_of(*tables):
        if time.monotonic() - began > patience:
            return None
        time.sleep(_PAUSE)
    return marks


def marks_after(marks: Marks | None, last: Marks) -> Marks:
    """The marks for the next audit; asked within the snapshot of this one.

    marks  of `safe_marks`, before the snapshot
    last   of the audit before this; empty if there was none
    """
    moved = {name: last.get(name, 0) for name in LOGS}
    before = {f"{name}_before": last.get(f"{name}_before", 0) for name in LOGS}
    if marks is not None:
        before = {f"{name}_before": mark for name, mark in moved.items()}
        moved = marks
    with connection.cursor() as cursor:
        # Commands can be seen in the order of their ids, and a market's trades and events
        # move with its sequences: these are exact.
        cursor.execute(_EXACT)
        command, position, migrations, database, rules = cursor.fetchone()
        cursor.execute("SELECT market_id, trades, events FROM matching_marketsequence")
        markets = {str(market): numbers for market, *numbers in cursor.fetchall()}
        cursor.execute("SELECT shard, position FROM matching_cursor")
        shards = {str(shard): position for shard, position in cursor.fetchall()}
    return {
        **moved, **before, "command": command, "position": position, "markets": markets,
        "shards": shards, "migrations": migrations, "database": database, "rules": rules,
    }  # fmt: skip


def in_words(marks: Marks) -> dict[str, str]:
    """The marks as an invariant's `$name` stands for them in SQL."""
    words = {
        name: str(int(value))
        for name, value in marks.items()
        if name not in ("markets", "shards", "database", "rules")
    }
    numbers = {
        int(market): [int(trades), int(events)]
        for market, (trades, events) in marks.get("markets", {}).items()
    }
    stood = {int(shard): int(place) for shard, place in marks.get("shards", {}).items()}
    return words | {
        "markets": _MARKETS.substitute(numbers=json.dumps(numbers)),
        "shards": _SHARDS.substitute(stood=json.dumps(stood)),
    }


#: Of each market: up to which of its numbers and ids its trades and events were covered,
#: and where its ids end. One that opened since was covered up to nothing.
_MARKETS: Final = Template("""
    SELECT id AS market_id, trades, events, (id << 40) + trades AS trade,
           (id << 40) + events AS event, id + 1 << 40 AS stop
    FROM (
        SELECT m.id, coalesce((mark ->> 0)::bigint, 0) AS trades,
               coalesce((mark ->> 1)::bigint, 0) AS events
        FROM orders_market m, LATERAL (SELECT '$numbers'::jsonb -> m.id::text AS mark) n
    ) AS market
""")
#: Of each shard: up to which command its engine had carried out the log; 0 where there was
#: none yet.
_SHARDS: Final = Template("""
    SELECT shard, coalesce(('$stood'::jsonb ->> shard::text)::bigint, 0) AS position
    FROM (SELECT DISTINCT shard FROM orders_market) AS its
""")
_EXACT: Final = f"""
    SELECT (SELECT coalesce(max(id), 0) FROM orders_command),
           (SELECT coalesce(min(coalesce(c.position, 0)), 0)
            FROM (SELECT DISTINCT shard FROM orders_market) m
            LEFT JOIN matching_cursor c USING (shard)),
           (SELECT max(id) FROM django_migrations),
           {DATABASE},
           ledger_rules()
"""  # noqa: S608  own words
