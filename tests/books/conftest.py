"""The year, written once for all tests in here."""

from collections.abc import Iterator

import pytest
from django.db import connection

from exchange.scratch import as_app, as_owner, truncate_everything
from tests.books.writing import Written, write
from tests.books.year import Year


@pytest.fixture(scope="package")
def year() -> Year:
    """100,000 transactions."""
    return Year()


@pytest.fixture(scope="package")
def written(year: Year, django_db_setup: None, django_db_blocker) -> Iterator[Written]:
    """The year in the database, really committed; every table is emptied afterwards."""
    with django_db_blocker.unblock():
        yield write(year)
        as_owner()
        truncate_everything()
        as_app()
        connection.close()
