"""Tests run on real PostgreSQL and Redis, as the restricted role that production uses."""

import gc
import os
from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import settings as hypothesis

# A property is not about the machine's mood: time is measured by `manage.py bench`.
hypothesis.register_profile("fairbook", deadline=None, print_blob=True)
hypothesis.load_profile("fairbook")


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the connections of the threads that a file's event loops have left behind.

    They end with the collector, which looks the less often the more there is: after the
    year of tests/books it waits until PostgreSQL takes no more. What is alive between two
    files stays so, and need not be looked at again.
    """
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Make the tables as their owner, then become the application's role.

    The database is named after this process, so that two runs side by side do not meet.
    """
    from exchange import embedded
    from exchange.scratch import as_app, as_owner, scratch_database

    embedded.hold()
    with django_db_blocker.unblock(), scratch_database(f"test_fairbook_{os.getpid()}"):  # type: ignore[attr-defined]
        as_app()
        yield
        as_owner()


@pytest.fixture
def committed_db(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[None]:
    """Real commits, for tests about processes and races; every table is emptied after it.

    The append-only guards refuse what pytest-django's `transactional_db` would do.
    """
    from exchange.scratch import as_app, as_owner, truncate_everything

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
        as_owner()
        truncate_everything()
        as_app()
        connection.close()
