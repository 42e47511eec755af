"""Databases of their own, for benchmarks, replays and tests; and who acts in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

#: Filled by `migrate`, not by what runs afterwards.
MADE_BY_MIGRATE = ("auth_permission",)


def as_owner() -> None:
    """From now on this process's connections own the tables: migrations may run."""
    _act("")


def as_app() -> None:
    """From now on this process's connections act as the restricted role."""
    _act(f" -c role={settings.APP_ROLE}")


def _act(role: str) -> None:
    options: dict[str, Any] = connection.settings_dict["OPTIONS"]
    plain = str(options["options"]).replace(f" -c role={settings.APP_ROLE}", "")
    options["options"] = plain + role
    connection.close()


@contextmanager
def scratch_database(name: str) -> Iterator[None]:
    """Make a database, migrate it, and work in it as its owner; drop it in the end.

    Databases that a killed process left behind under the same prefix are dropped too.
    """
    before = connection.settings_dict["NAME"]
    options = dict(connection.settings_dict["OPTIONS"])
    connection.close()
    _drop_and_create(name)
    connection.settings_dict["NAME"] = name
    as_owner()
    try:
        call_command("migrate", verbosity=0, interactive=False)
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        connection.settings_dict["OPTIONS"] = options
        _drop(name)


def _administer(*statements: sql.Composed) -> None:
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement)


def _drop_and_create(name: str) -> None:
    database = sql.Identifier(name)
    _administer(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database),
        sql.SQL("CREATE DATABASE {}").format(database),
    )


def _drop(name: str) -> None:
    _administer(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


def truncate_everything() -> None:
    """Empty every table, guards or not: for tests only, as the owner.

    The guards refuse TRUNCATE; a superuser's session can be told to skip triggers.
    """
    with connection.cursor() as cursor:
        tables = [
            table
            for table in connection.introspection.django_table_names(only_existing=True)
            if not table.startswith("django_") and table not in MADE_BY_MIGRATE
        ]
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
        cursor.execute("SET session_replication_role = DEFAULT")
