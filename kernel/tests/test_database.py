"""COPY through Django's connection, and what it leaves behind when something fails."""

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from kernel import pgcopy
from kernel.database import CopyIn, copy_in

pytestmark = pytest.mark.django_db

STATEMENT = "COPY number (value) FROM STDIN (FORMAT binary)"
pack = pgcopy.row_packer("q")


@pytest.fixture(autouse=True)
def number(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE number (value bigint CHECK (value > 0))")


def numbers() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM number ORDER BY value")
        return [value for (value,) in cursor.fetchall()]


def test_the_rows_of_all_pieces_are_there_afterwards():
    copy_in(STATEMENT, [pack(1), pack(2)], [pack(3)])

    assert numbers() == [1, 2, 3]


def test_more_is_taken_than_a_socket_holds_without_waiting_in_between():
    with CopyIn(STATEMENT) as copy:
        for start in range(0, 100_000, 10_000):
            copy.write([pack(start + n + 1) for n in range(10_000)])

    assert len(numbers()) == 100_000


def test_a_row_that_breaks_a_rule_is_told_as_djangos_own_error_and_nothing_is_written():
    with pytest.raises(IntegrityError, match="number_value_check"), transaction.atomic():
        copy_in(STATEMENT, [pack(1), pack(0)])

    assert numbers() == []


def test_what_fails_while_rows_are_made_gives_the_copy_up():
    def rows():
        yield pack(1)
        raise ValueError

    with pytest.raises(ValueError), transaction.atomic():  # noqa: PT011  our own
        copy_in(STATEMENT, [pack(1)], rows())

    assert numbers() == []


def test_what_fails_after_the_last_row_leaves_the_connection_usable():
    def fail(copy: CopyIn) -> None:
        copy.write([pack(1)])
        copy.end()
        raise ValueError

    with (
        pytest.raises(ValueError),  # noqa: PT011  our own
        transaction.atomic(),
        CopyIn(STATEMENT) as copy,
    ):
        fail(copy)

    assert numbers() == []


def test_a_statement_that_is_refused_leaves_the_connection_usable():
    with pytest.raises(Exception, match="does not exist"), transaction.atomic():
        CopyIn("COPY nowhere FROM STDIN (FORMAT binary)")

    assert numbers() == []


def test_a_session_that_is_ended_on_the_way_is_told_as_djangos_own_error():
    with CopyIn(STATEMENT) as copy:
        copy.write([pack(1)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    copy = CopyIn(STATEMENT)

    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s)", [pid])
    with pytest.raises(OperationalError), copy:
        copy.write([pack(1)])
    connection.close()
