"""PostgreSQL from the event loop: one connection, opened again when it is lost.

The rest of the house talks to the database by Django's connections, in threads. What is
asked thousands of times a second cannot afford to change threads for it.
"""

import select
from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg
from django.db import connection as django_connection
from psycopg import generators
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import TupleRow

from kernel import pgcopy

#: What Django has among its parameters for its own kind of connection.
_DJANGOS: Final = ("context", "cursor_factory", "prepare_threshold")
#: What is asked here is a handful of keys. A plan that was made while a table was small
#: would scan it, and go on doing so for minutes after it has grown.
_BY_KEYS: Final = " -c enable_seqscan=off -c enable_mergejoin=off"


class Wire:
    """One connection of the running event loop, with the rights of Django's own.

    Not for two at a time: a kernel.batcher.Batcher stands before it. Errors are Django's.
    """

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None
        # Kept: in every task Django would make a connection object anew, to ask it.
        self._as_django_says = django_connection.wrap_database_errors

    async def fetch(self, query: str, params: Sequence[Any] = ()) -> list[TupleRow]:
        """The rows of a query, in a transaction of its own.

        raises  django.db.Error
        """
        with self._as_django_says:
            connection = await self._open()
            cursor = await connection.execute(query, params, prepare=True, binary=True)
            return await cursor.fetchall()

    async def copy_in(self, query: str, copies: Sequence[bytes]) -> list[int]:
        """Run statements that COPY … FROM STDIN and then select a row, all or nothing.

        They go as one message and are one transaction, so this takes two round trips
        whatever there is to write: no BEGIN, no COMMIT.

        query   as many COPYs as `copies`, then a SELECT
        copies  what each COPY reads: rows made by a `pgcopy.row_packer`
        returns the number that was selected
        raises  django.db.Error; nothing was written, unless the connection was lost
        """
        with self._as_django_says:
            connection = await self._open()
            results = await connection.wait(_copy_in(connection.pgconn, query, copies))
        return [
            int(value)
            for result in results
            if result.status == ExecStatus.TUPLES_OK
            and (value := result.get_value(0, 0)) is not None
        ]

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _open(self) -> psycopg.AsyncConnection[TupleRow]:
        connection = self._connection
        if connection is not None and not _is_alive(connection.pgconn):
            await self.close()
            connection = None
        if connection is None:
            params = django_connection.get_connection_params()
            for name in _DJANGOS:
                params.pop(name, None)
            params["options"] += _BY_KEYS
            connection = await psycopg.AsyncConnection.connect(**params, autocommit=True)
            self._connection = connection
        return connection


def _is_alive(pgconn: PGconn) -> bool:
    """Whether the server is still there, as far as can be known without asking it."""
    if pgconn.status != ConnStatus.OK:
        return False
    if pgconn.transaction_status != TransactionStatus.IDLE:
        return False
    # Nobody was asked anything, so whatever was said is a farewell, or the line was cut.
    said = select.poll()
    said.register(pgconn.socket, select.POLLIN)
    return not said.poll(0)


def _copy_in(
    pgconn: PGconn, query: str, copies: Sequence[bytes]
) -> "psycopg.abc.PQGen[list[PGresult]]":
    pgconn.send_query(query.encode())
    results: list[PGresult] = yield from generators.execute(pgconn)
    left: Iterator[bytes] = iter(copies)
    while results[-1].status == ExecStatus.COPY_IN:
        pgconn.put_copy_data(pgcopy.HEADER + next(left) + pgcopy.TRAILER)
        pgconn.put_copy_end()
        results += yield from generators.execute(pgconn)
    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(result)
    return results
