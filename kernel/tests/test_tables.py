"""The same rows by COPY and by a statement: the table cannot tell them apart."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from kernel import pgcopy
from kernel.database import one_trip
from kernel.tables import Table

pytestmark = pytest.mark.django_db

NUMBERS = Table(
    "number", {"big": "q", "whole": "i", "small": "h", "flag": "?", "made_at": "q"}
)
AT = datetime(2026, 11, 21, 14, 37, 21, 123_457, tzinfo=UTC)
BEFORE = datetime(1999, 1, 1, tzinfo=UTC)
ROWS = [
    (2**63 - 1, -(2**31), 32_767, True, pgcopy.timestamp(AT)),
    (
        -(2**63),
        2**31 - 1,
        -32_768,
        False,
        pgcopy.timestamp(datetime(1999, 1, 1, tzinfo=UTC)),
    ),
]


@pytest.fixture(autouse=True)
def number(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE number (id bigint GENERATED ALWAYS AS IDENTITY, "
            "big bigint, whole integer, small smallint, flag boolean, made_at timestamptz)"
        )


def numbers() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT big, whole, small, flag, made_at FROM number ORDER BY id")
        return cursor.fetchall()


def by_copy() -> None:
    with NUMBERS.start() as copy:
        copy.write(NUMBERS.pack(*row) for row in ROWS)


def by_statement() -> None:
    with one_trip():
        NUMBERS.insert(ROWS)


@pytest.mark.parametrize("write", [by_copy, by_statement])
def test_rows_are_written_as_they_are_and_in_their_order(write):
    write()

    assert numbers() == [
        (2**63 - 1, -(2**31), 32_767, True, AT),
        (-(2**63), 2**31 - 1, -32_768, False, BEFORE),
    ]


def test_a_row_that_does_not_fit_is_refused_and_nothing_is_written():
    with pytest.raises(Exception, match="out of range"), transaction.atomic(), one_trip():
        NUMBERS.insert([(1, 1, 40_000, True, 0)])

    assert numbers() == []
