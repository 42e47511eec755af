"""Which append-only logs there are, declared so that a machine can seal and verify them.

An app declares its logs in its `audit.py`, next to its invariants; ADR 0020 says how they
are sealed, docs/seals.md how an auditor verifies a seal with psql and sha256sum alone.
"""

from typing import Final, NamedTuple

#: Of the ids of a log that is made of streams, so many low bits are the stream's own.
STREAM_BITS: Final = 40
#: Instead of a time, where a row has none: it is sealed at once.
NO_TIME: Final = "timestamptz '1970-01-01 00:00Z'"


class SealedLog(NamedTuple):
    """One table whose rows never change, and what of them is sealed.

    name      stable, e.g. "transfers"; seals are kept under it
    table     its name in the database; `id` is its key, which grows
    columns   sealed besides the id, in this order; none of them ever changes
    time      the column that says when a row was made, or NO_TIME
    streams   selects the numbers of the log's streams, each of which is a chain of its own,
              `name:number`, over the ids from number × 2^40; empty where there is but one
    behind    a table whose rows the log's rows name, and which they carry along: its
              columns and the log's column that names it
    """

    name: str
    table: str
    columns: tuple[str, ...]
    time: str = "created_at"
    streams: str = ""
    behind: "Behind | None" = None


class Behind(NamedTuple):
    """Rows that are sealed with those that name them, e.g. the entries of transfers.

    table    its name; `id` is its key
    columns  sealed besides the id
    named_by the column of the log that holds the id
    """

    table: str
    columns: tuple[str, ...]
    named_by: str


class Stream(NamedTuple):
    """One chain of seals: a log, or one of its streams.

    name   of the chain
    start  ids of the stream are greater
    stop   and not greater than this
    """

    name: str
    log: SealedLog
    start: int
    stop: int
