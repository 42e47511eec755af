"""Writing much, or in few trips, through Django's connection and with its exceptions."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg import generators, pq
from psycopg.errors import error_from_result
from psycopg.types.numeric import Int8BinaryLoader

from kernel import pgcopy
from kernel.failpoint import failpoint


def copy_in(statement: str, *pieces: Iterable[bytes]) -> None:
    """Run a binary COPY … FROM STDIN with rows made by a `pgcopy.row_packer`.

    pieces  are made and handed over one after the other: the database takes the rows of
            one while the next one's are made
    raises  django.db.Error, as any query does: psycopg's own exceptions would pass by
            those who wait for Django's
    """
    with CopyIn(statement) as copy:
        for piece in pieces:
            copy.write(piece)


def ask(statement: str, values: Sequence[object] = ()) -> psycopg.Cursor[Any]:
    """Execute what is asked again and again: planned once, its rows to be read in binary.

    Times come as kernel.pgcopy.timestamp. Within `one_trip`, rows are read after it.

    raises  django.db.Error, as any query does
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    if raw.prepare_threshold is None:  # Django's way to say that nothing is prepared
        raw.prepare_threshold = _SELDOM
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(raw)
        cursor.adapters.register_loader("timestamptz", Int8BinaryLoader)
        return cursor.execute(statement, values, prepare=True, binary=True)


def array_text(values: Iterable[int]) -> str:
    """An array of integers, as one text that psycopg need not look through."""
    return f"{{{','.join(map(str, values))}}}"


# What is not asked by `ask` is as before: Django's own cursors bind their values
# themselves, and such statements are never prepared.
_SELDOM = 1_000_000


@contextmanager
def one_trip() -> Iterator[None]:
    """Send the statements of a block together and wait once, at its end.

    raises  django.db.Error, as any query does, at the end of the block
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, raw.pipeline():
        yield


class CopyIn:
    """A binary COPY … FROM STDIN that goes on while we do something else.

    Rows are handed over without waiting for the database to take them; what it made of
    them is asked by `wait`. Until then nothing else may be asked of the connection. As a
    context it ends by waiting, or by giving up the COPY when something failed.

    raises  django.db.Error, as any query does
    """

    def __init__(self, statement: str) -> None:
        connection.ensure_connection()
        self._raw: psycopg.Connection[Any] = connection.connection
        self._libpq = self._raw.pgconn
        is_first = self._raw.info.transaction_status == pq.TransactionStatus.IDLE
        if is_first and not self._raw.autocommit:
            statement = f"BEGIN; {statement}"  # which psycopg's own queries see to
        with connection.wrap_database_errors:
            self._libpq.send_query(statement.encode())
            self._expect(pq.ExecStatus.COPY_IN)
        self._is_open, self._is_asked = True, True
        self._put(pgcopy.HEADER)

    def __enter__(self) -> "CopyIn":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.wait()
        else:
            self.give_up()

    def write(self, rows: Iterable[bytes]) -> None:
        """Hand over rows."""
        self._put(b"".join(rows))
        failpoint("in_copy")

    def end(self) -> None:
        """Say that these were all rows: the database goes on to what follows from them."""
        self._put(pgcopy.TRAILER)
        with connection.wrap_database_errors:
            self._libpq.put_copy_end()
            self._libpq.flush()
        self._is_open = False

    def wait(self) -> None:
        """Wait until the database is done with them."""
        if self._is_open:
            self.end()
        self._is_asked = False
        with connection.wrap_database_errors:
            self._expect(pq.ExecStatus.COMMAND_OK)

    def give_up(self) -> None:
        """End it without its rows, after something failed; harmless when it has ended."""
        was_open, was_asked = self._is_open, self._is_asked
        self._is_open = self._is_asked = False
        if self._libpq.status != pq.ConnStatus.OK:
            return  # what is lost needs no end
        if was_open:
            self._libpq.put_copy_end(b"given up")
        if was_asked:
            self._raw.wait(generators.execute(self._libpq))

    def _put(self, data: bytes) -> None:
        # libpq keeps what the socket does not take yet, and so says no only without memory.
        with connection.wrap_database_errors:
            if self._libpq.put_copy_data(data) != 1:
                raise MemoryError("libpq has no room for the rows of a COPY")
            self._libpq.flush()

    def _expect(self, status: pq.ExecStatus) -> None:
        results = self._raw.wait(generators.execute(self._libpq))
        if results[-1].status != status:
            raise error_from_result(results[-1], encoding=self._raw.info.encoding)
