"""Who is writing, and up to where it is certain what was written."""

import time
from datetime import timedelta
from typing import Final

from django.db import connection

from ledger.models import MovementCursor
from ledger.moments import Moment
from ledger.selectors.seals import seal_head

#: How long a reader waits for those who are writing at this moment.
PATIENCE: Final = timedelta(seconds=2)
_PAUSE: Final = timedelta(milliseconds=10)


def writers_of(*tables: str) -> set[str]:
    """The transactions, but for ours, that hold the lock which every INSERT and COPY into
    one of these tables takes first; as virtual transaction ids.
    """
    with connection.cursor() as database:
        database.execute(_WRITERS, [list(tables)])
        return {row[0] for row in database.fetchall()}


def settled(moment: Moment, *, patience: timedelta = PATIENCE) -> Moment:
    """The same moment, bound to a transfer up to which all that will ever be there can be
    seen: asked again, it has the same answer for ever.

    To be called before the transaction in which the books are read.

    patience  how long to wait for those who are writing; after that it is bound to an
              earlier transfer, one that was known to be safe
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM ledger_transfer")
        last = int(cursor.fetchone()[0])
    if moment.transfer is not None:
        last = min(last, moment.transfer)
    writers, until = (
        writers_of("ledger_transfer"),
        time.monotonic() + patience.total_seconds(),
    )
    while writers & writers_of("ledger_transfer"):
        if time.monotonic() > until:
            last = min(last, _known_safe())
            break
        time.sleep(_PAUSE.total_seconds())
    return Moment(at=moment.at, transfer=last)


def _known_safe() -> int:
    head, cursor = seal_head(), MovementCursor.objects.first()
    return max(head.last if head else 0, cursor.safe if cursor else 0)


_WRITERS: Final = """
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = ANY(%s::regclass[])
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND mode = 'RowExclusiveLock' AND granted AND pid IS DISTINCT FROM pg_backend_pid()
"""
