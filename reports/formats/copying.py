"""Straight from PostgreSQL's COPY into a file, in constant memory."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from reports.table import IN_ORDER

#: So many rows are handed on at a time.
PIECES: Final = 2_000


class Piece(NamedTuple):
    """Some of a file's bytes, and how many rows they are."""

    data: bytes
    rows: int


@contextmanager
def still_books(*, in_order: bool = False) -> Iterator[None]:
    """All that is read inside is of one moment, though the exchange goes on.

    in_order  as reports.table.Query says
    """
    # Inside a transaction it is too late to ask; whoever began it sees to it.
    is_ours = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_ours:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if in_order:
            cursor.execute(IN_ORDER)
        yield


def copy_lines(query: str, values: Mapping[str, Any]) -> Generator[Piece, None, None]:
    """The texts that a query gives, each with the end of its line.

    They hold no backslash and no tab, so all that COPY escapes are ends of lines in them.
    """

    def unescaped(rows: list[bytes]) -> bytes:
        return b"".join(rows).replace(b"\\n", b"\n")

    return copy_out(f"COPY ({query}) TO STDOUT", values, unescaped)


def copy_out(
    statement: str, values: Mapping[str, Any], joined: Callable[[list[bytes]], bytes]
) -> Generator[Piece, None, None]:
    """The rows of a COPY … TO STDOUT, as `joined` puts them together.

    raises  django.db.Error, as any query does
    """
    rows: list[bytes] = []
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement, values) as copy,
    ):
        for row in copy:
            rows.append(bytes(row))
            if len(rows) == PIECES:
                yield Piece(joined(rows), PIECES)
                rows.clear()
    if rows:
        yield Piece(joined(rows), len(rows))
