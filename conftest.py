"""Tests run on real PostgreSQL and Redis, as the restricted role that production uses."""

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("FAIRBOOK_VAR", str(Path(__file__).parent / "var" / "test"))
os.environ.setdefault("LOGIN_RATE", "100000/min")

import pytest
from django.db import connection


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Start the embedded servers; name the test database after this process, so that two
    runs side by side do not meet."""
    from exchange import embedded

    embedded.hold()
    name = f"test_fairbook_{os.getpid()}"
    connection.settings_dict.setdefault("TEST", {})["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_modify_db_settings: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[None]:
    """Make the tables as their owner, then become the application's role."""
    from exchange.scratch import as_app, as_owner, scratch_database

    with django_db_blocker.unblock(), scratch_database(f"test_fairbook_{os.getpid()}"):  # type: ignore[attr-defined]
        as_app()
        yield
        as_owner()
