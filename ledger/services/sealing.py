"""Finished ranges of the append-only logs are sealed behind the hot path (ADR 0020)."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from kernel.failpoint import failpoint
from kernel.sealed import NO_TIME, Stream
from ledger.models import GENESIS, LogMark, Seal
from ledger.selectors.seals import content_of, seal_head, seal_lag
from ledger.services.marks import look_at_writers

#: So many rows are worth a seal at once; fewer when they have waited for SEAL_AGE.
SEAL_MIN: Final = 10_000
SEAL_MAX: Final = 100_000
SEAL_AGE: Final = timedelta(minutes=1)


@transaction.atomic
def seal_stream(
    *,
    stream: Stream,
    now: datetime,
    least: int = SEAL_MIN,
    most: int = SEAL_MAX,
    age: timedelta = SEAL_AGE,
) -> Seal | None:
    """Seal the next range of a chain, up to where its log is complete.

    No batch waits for it. Two at once do not both. A call that dies leaves nothing.

    least, most  rows; where fewer wait, and none has waited for `age`, nothing is done
    returns      the seal, or None when nothing was due
    """
    lag = seal_lag(stream=stream, now=now)
    may_wait = lag.rows < least and lag.age < age and stream.log.time != NO_TIME
    if not lag.rows or may_wait:
        return None  # nothing is locked or written: the house looks every few seconds
    LogMark.objects.bulk_create([LogMark(name=stream.name)], ignore_conflicts=True)
    marks = LogMark.objects.select_for_update(skip_locked=True)
    mark = marks.filter(name=stream.name).first()
    if mark is None:
        return None
    table, start, stop = stream.log.table, stream.start, stream.stop
    look_at_writers(mark=mark, table=table, start=start, stop=stop)
    mark.save()
    before = seal_head(
        log=stream.name
    )  # anew: another may have sealed until we had the lock
    first = before.last + 1 if before else stream.start + 1
    rows, last, earliest, latest = _next_rows(stream, first, mark.safe, most)
    if not rows or (rows < least and earliest > now - age):
        return None
    return _seal(stream, before, (first, last, rows, earliest, latest), now)


def _seal(
    stream: Stream,
    before: Seal | None,
    extent: tuple[int, int, int, datetime, datetime],
    now: datetime,
) -> Seal:
    first, last, rows, earliest, latest = extent
    seal = Seal(
        log=stream.name,
        number=before.number + 1 if before else 1,
        first=first,
        last=last,
        rows=rows,
        earliest=earliest,
        latest=latest,
        content=content_of(stream.log, first=first, last=last),
        previous=before.sha256 if before else GENESIS,
        sealed_at=now,
    )
    failpoint("before_seal")
    seal.sha256 = seal.own_hash()
    seal.save(force_insert=True)
    failpoint("after_seal")
    return seal


def _next_rows(
    stream: Stream, first: int, safe: int, most: int
) -> tuple[int, int, datetime, datetime]:
    time, table = stream.log.time, stream.log.table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), max(id), min({time}), max({time}) FROM (SELECT id, {time} "  # noqa: S608  own words
            f"FROM {table} WHERE id >= %s AND id <= %s ORDER BY id LIMIT %s) AS next",
            [first, safe, most],
        )
        rows: tuple[int, int, datetime, datetime] = cursor.fetchone()
        return rows
