"""What has been sealed, and whether it still is as it was (ADR 0020, docs/seals.md)."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from django.db import connection

from kernel.sealed import NO_TIME, STREAM_BITS, SealedLog, Stream
from kernel.units import BIGINT_MAX
from ledger.models import TRANSFERS_LOG, Seal

#: In which COPY writes the rows that are hashed, whatever the session is set to.
_PLAIN: Final = "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'"


@dataclass(frozen=True, slots=True)
class SealLag:
    """How far the seals of a log are behind its rows.

    rows  that wait, counted no further than MOST_COUNTED
    age   of the first of them; 0 when none waits, and of rows that have no time
    """

    log: str
    rows: int
    age: timedelta


#: Nobody needs to know how much more than this waits.
MOST_COUNTED: Final = 100_000


def streams_of(log: SealedLog) -> list[Stream]:
    """The chains of a log: itself, or one for each of its streams."""
    if not log.streams:
        return [Stream(log.name, log, 0, BIGINT_MAX)]
    with connection.cursor() as cursor:
        cursor.execute(log.streams)
        numbers = sorted(row[0] for row in cursor.fetchall())
    return [
        Stream(f"{log.name}:{it}", log, it << STREAM_BITS, (it + 1 << STREAM_BITS) - 1)
        for it in numbers
    ]


def seal_head(*, log: str = TRANSFERS_LOG) -> Seal | None:
    """The last seal of a chain."""
    return Seal.objects.filter(log=log).order_by("-number").first()


def seal_heads() -> list[Seal]:
    """The last seal of every chain, by name."""
    return list(Seal.objects.order_by("log", "-number").distinct("log"))


def seal_of(*, transfer: int) -> Seal | None:
    """The last seal that covers nothing beyond a transfer; None: nothing is sealed yet."""
    seals = Seal.objects.filter(log=TRANSFERS_LOG, last__lte=transfer)
    return seals.order_by("-last").first()


def is_sealed_until(instant: datetime) -> bool:
    """Whether every transfer created before an instant is sealed.

    For an instant that is over, and whose writers have ended: periods ask after they have
    waited for those.
    """
    head = seal_head()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM ledger_transfer WHERE id > %s "
            "AND created_at < %s)",
            [head.last if head else 0, instant],
        )
        return bool(cursor.fetchone()[0])


def seal_lag(*, stream: Stream, now: datetime) -> SealLag:
    """How many rows of a chain wait to be sealed, and since when."""
    head = seal_head(log=stream.name)
    after = head.last if head else stream.start
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), min({stream.log.time}) FROM (SELECT {stream.log.time} "  # noqa: S608  own words
            f"FROM {stream.log.table} WHERE id > %s AND id <= %s ORDER BY id LIMIT %s) w",
            [after, stream.stop, MOST_COUNTED],
        )
        rows, oldest = cursor.fetchone()
    age = timedelta(0)
    if rows and stream.log.time != NO_TIME:
        age = max(now - oldest, age)
    return SealLag(stream.name, rows, age)


# What is hashed --------------------------------------------------------------------------


def content_queries(log: SealedLog, *, first: int, last: int) -> list[str]:
    """The queries whose COPY texts, one after the other, are the content of a range."""
    rows = f"{log.table} WHERE id BETWEEN {first} AND {last}"
    queries = [f"SELECT {_columns(log.columns)} FROM {rows} ORDER BY id"]  # noqa: S608  own words
    if behind := log.behind:
        queries.append(
            f"SELECT {_columns(behind.columns)} FROM {behind.table} "  # noqa: S608  own words
            f"WHERE id IN (SELECT {behind.named_by} FROM {rows}) ORDER BY id"
        )
    return queries


def _columns(columns: tuple[str, ...]) -> str:
    return ", ".join(("id", *columns))


def content_of(log: SealedLog, *, first: int, last: int) -> str:
    """SHA-256, in hex, over the rows with these ids, in constant memory.

    Inside a transaction, whose session it sets to plain text for the time being.
    """
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN)
    raw: psycopg.Connection[Any] = connection.connection
    for query in content_queries(log, first=first, last=last):
        with (
            connection.wrap_database_errors,
            raw.cursor() as cursor_,
            cursor_.copy(f"COPY ({query}) TO STDOUT") as copy,
        ):
            for block in copy:
                digest.update(block)
    return digest.hexdigest()


# Whether it is still so ------------------------------------------------------------------


def broken_links(
    *, stream: Stream, since: int = 0, until: int = BIGINT_MAX
) -> Iterator[str]:
    """Seals that do not follow the one before, or whose own hash is another.

    since, until  only numbers greater than the one, and not greater than the other
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _BROKEN_LINKS,
            {"log": stream.name, "start": stream.start, "since": since, "until": until},
        )
        for number, what in cursor.fetchall():
            yield f"seal {number} of {stream.name}: {what}"


def broken_content(*, stream: Stream, seals: Iterable[Seal]) -> Iterator[str]:
    """Seals whose rows are not what was sealed."""
    for seal in seals:
        rows, earliest, latest = _extent(stream.log, first=seal.first, last=seal.last)
        where = f"seal {seal.number} of {stream.name}: rows {seal.first} to {seal.last}"
        if rows != seal.rows:
            yield f"{where} were {seal.rows}, and are {rows}"
        elif content_of(stream.log, first=seal.first, last=seal.last) != seal.content:
            yield f"{where} are not what was sealed"
        elif (earliest, latest) != (seal.earliest, seal.latest):
            yield f"{where} have other times than their seal says"


def strays(*, log: SealedLog, streams: list[Stream]) -> Iterator[str]:
    """Rows with ids where none can be, and which no seal would ever cover."""
    bounds = [-BIGINT_MAX - 2]
    for stream in streams:
        bounds += [stream.start, stream.stop]
    bounds.append(BIGINT_MAX)
    with connection.cursor() as cursor:
        for after, until in zip(bounds[::2], bounds[1::2], strict=True):
            cursor.execute(
                f"SELECT id FROM {log.table} WHERE id > %s AND id <= %s LIMIT 1",  # noqa: S608  own words
                [after, until],
            )
            for (row,) in cursor.fetchall():
                yield f"row {row} of {log.name}: no chain has room for it"


def _extent(
    log: SealedLog, *, first: int, last: int
) -> tuple[int, datetime | None, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), min({log.time}), max({log.time}) FROM {log.table} "  # noqa: S608  own words
            "WHERE id BETWEEN %s AND %s",
            [first, last],
        )
        rows, earliest, latest = cursor.fetchone()
        return int(rows), earliest, latest


_BROKEN_LINKS: Final = """
    SELECT number, CASE
        WHEN number <> before + 1 THEN format('it follows number %%s', before)
        WHEN previous <> head THEN 'it does not continue the chain'
        WHEN first <> over + 1 THEN format('it begins at %%s, after %%s', first, over)
        ELSE 'its hash is not that of its fields' END
    FROM (
        SELECT s.*, ledger_seal_text(s) AS said,
            coalesce(lag(s.number) OVER chain, 0) AS before,
            coalesce(lag(s.sha256) OVER chain, repeat('0', 64)) AS head,
            coalesce(lag(s.last) OVER chain, %(start)s) AS over
        FROM ledger_seal s
        WHERE s.log = %(log)s AND s.number BETWEEN %(since)s AND %(until)s
        WINDOW chain AS (ORDER BY s.number)
    ) AS link
    WHERE number > %(since)s AND (
        number <> before + 1 OR previous <> head OR first <> over + 1
        OR sha256 <> encode(sha256(convert_to(said, 'UTF8')), 'hex'))
    ORDER BY number
"""
