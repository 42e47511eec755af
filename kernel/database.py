"""Writing by COPY through Django's connection, with Django's exceptions."""

from collections.abc import Sequence

from django.db import connection

from kernel import pgcopy
from kernel.failpoint import failpoint


def copy_in(statement: str, rows: Sequence[bytes]) -> None:
    """Run a binary COPY … FROM STDIN with rows made by a `pgcopy.row_packer`.

    raises  django.db.Error, as any query does: psycopg's own exceptions would pass by
            those who wait for Django's
    """
    half = len(rows) // 2
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        copy.write(pgcopy.HEADER + b"".join(rows[:half]))
        failpoint("in_copy")
        copy.write(b"".join(rows[half:]) + pgcopy.TRAILER)
