"""The append-only logs of the house: sealed, and looked at for what was tampered with."""

import math
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from bookkeeping import audit as bookkeeping_audit
from deposits import audit as deposits_audit
from exchange.seal_heads import broken_heads
from kernel.invariants import ALWAYS, Invariant, Scope
from kernel.sealed import SealedLog, Stream
from ledger import audit as ledger_audit
from ledger.models import Seal, Snapshot
from ledger.selectors import (
    SealLag,
    broken_content,
    broken_links,
    seal_head,
    seal_lag,
    strays,
    streams_of,
    wrong_snapshots,
)
from ledger.services import seal_stream, take_snapshot
from orders import audit as orders_audit
from proofs import audit as proofs_audit
from reports import audit as reports_audit
from withdrawals import audit as withdrawals_audit

#: The transfers first: balances as of a moment are told from their seals.
LOGS: Final[tuple[SealedLog, ...]] = (
    *ledger_audit.SEALED,
    *orders_audit.SEALED,
    *deposits_audit.SEALED,
    *withdrawals_audit.SEALED,
    *bookkeeping_audit.SEALED,
    *reports_audit.SEALED,
    *proofs_audit.SEALED,
)
#: Of the old rows of each log, so many are looked at in one incremental audit.
LOOKED_AT: Final = 50_000
#: In so many seals at most.
MOST_SEALS: Final = 50
#: And so many of its newest seals, if they are so fresh.
NEWEST, FRESH = 10, timedelta(minutes=3)
#: Each snapshot is looked at once in so many minutes, or more where there are more.
SNAPSHOT_MINUTES: Final = 60


def streams() -> list[Stream]:
    """The chains of all logs."""
    return list(chain.from_iterable(map(streams_of, LOGS)))


def seal_due(*, now: datetime, until: float = math.inf) -> list[Seal]:
    """Seal the next range of each log that is due, and take a snapshot if one is.

    until  by time.monotonic(): then no further seal is begun. Of those that still wait, the
           transfers come first again
    """
    seals: list[Seal] = []
    for stream in streams():
        if seals and time.monotonic() >= until:
            break
        seals += filter(None, [seal_stream(stream=stream, now=now)])
    take_snapshot(now=now)
    return seals


def seal_lags(*, now: datetime) -> list[SealLag]:
    """How far the seals of each log are behind."""
    return [seal_lag(stream=it, now=now) for it in streams()]


# What was tampered with ------------------------------------------------------------------


def broken_seals(scope: Scope) -> Iterator[str]:
    """Rows that were altered, deleted, inserted or swapped after they had been sealed.

    An incremental audit looks at the newest seals, and at another part of the old ones
    each minute. The heads that were exported are always compared.
    """
    minute = _minute()
    for log in LOGS:
        its_streams = streams_of(log)
        yield from strays(log=log, streams=its_streams)
        for stream in its_streams:
            if scope.full:
                yield from broken_links(stream=stream)
                yield from broken_content(stream=stream, seals=_seals(stream).iterator())
            else:
                yield from _recently_broken(stream, minute)
    yield from broken_heads()


def _recently_broken(stream: Stream, minute: int) -> Iterator[str]:
    head = seal_head(log=stream.name)
    if head is None:
        return
    # Where little happens a seal has few rows; so many of them that it comes to the same.
    size = LOOKED_AT * head.number // max(head.last - stream.start, 1)
    size = min(max(size, 1), MOST_SEALS)
    since = minute % -(-head.number // size) * size
    yield from _broken_between(stream, since, min(since + size, head.number))
    newest, lately = head.number - NEWEST, _database_now() - FRESH
    fresh = [
        seal.number
        for seal in _seals(stream).filter(number__gt=newest)
        if seal.sealed_at > lately
    ]
    if fresh:
        yield from _broken_between(stream, fresh[0] - 1, head.number)


def _broken_between(stream: Stream, since: int, until: int) -> Iterator[str]:
    seals = _seals(stream).filter(number__gt=since, number__lte=until)
    yield from broken_links(stream=stream, since=since, until=until)
    yield from broken_content(stream=stream, seals=seals)


def _seals(stream: Stream) -> QuerySet[Seal]:
    return Seal.objects.filter(log=stream.name).order_by("number")


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
        return now


def _minute() -> int:
    """Whose turn it is, whatever host asks."""
    return int(_database_now().timestamp()) // 60


def broken_snapshots(scope: Scope) -> Iterator[str]:
    """Snapshots that are not what the transfers say: all, or one of them each minute."""
    if scope.full:
        yield from wrong_snapshots()
        return
    lasts = list(Snapshot.objects.order_by("last").values_list("last", flat=True))
    turn = _minute() % max(len(lasts), SNAPSHOT_MINUTES)
    yield from wrong_snapshots(lasts=lasts[turn : turn + 1])


INVARIANTS: Final = (
    Invariant(
        "L10",
        "what was sealed is as it was, and so are the seals whose heads were exported",
        recent=ALWAYS,
        check=broken_seals,
    ),
    Invariant(
        "L14",
        "a snapshot of the balances is what the transfers up to it say",
        recent=ALWAYS,
        check=broken_snapshots,
    ),
)
