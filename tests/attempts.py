"""Raw SQL against the guards of the database, as the application's role or as the owner.

Connections act as fairbook_app, whom missing grants stop. The owner has every right, so
what stops the owner is a constraint or a trigger.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction


def run(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return cursor.fetchall() if cursor.description else []


@contextmanager
def the_owner() -> Iterator[None]:
    """Act as the owner of the tables inside the block."""
    run(
        "SET CONSTRAINTS ALL IMMEDIATE"
    )  # PostgreSQL truncates nothing that has pending checks
    run("SET ROLE NONE")
    try:
        yield
    finally:
        run(f"SET ROLE {settings.APP_ROLE}")


@contextmanager
def no_guards() -> Iterator[None]:
    """Act as somebody whom no trigger stops: what is done here, only an audit can find."""
    with the_owner():
        run("SET session_replication_role = replica")
        try:
            yield
        finally:
            run("SET session_replication_role = DEFAULT")


@contextmanager
def refused(why: str) -> Iterator[None]:
    """Expect that the database refuses what the block does, and says `why`."""
    with pytest.raises(DatabaseError, match=re.escape(why)), transaction.atomic():
        yield


def refused_to_all(statement: str, *parameters: object, why: str) -> None:
    """Expect that the application lacks the right, and that the owner is stopped too."""
    with refused("permission denied"):
        run(statement, *parameters)
    with the_owner(), refused(why):
        run(statement, *parameters)


def is_append_only(table: str) -> None:
    """Expect that nobody can change, delete or truncate the rows of `table`."""
    rows = run(f"SELECT * FROM {table} ORDER BY id")
    assert rows, "a guard is tried on rows that exist"

    for statement in (
        f"UPDATE {table} SET id = id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        refused_to_all(statement, why=f"{table} is append-only")

    assert run(f"SELECT * FROM {table} ORDER BY id") == rows
