"""Rows that are packed here are the rows that PostgreSQL reads."""

import json
import struct
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel import pgcopy

pytestmark = pytest.mark.django_db

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
pack = pgcopy.row_packer("hiqq")

smallints = st.integers(-(2**15), 2**15 - 1)
integers = st.integers(-(2**31), 2**31 - 1)
bigints = st.integers(-(2**63), 2**63 - 1)
moments = st.datetimes(timezones=st.just(UTC))  # years 1 to 9999
rows = st.lists(st.tuples(smallints, integers, bigints, moments), max_size=20)


def copied(
    written: list[tuple[int, int, int, datetime]],
) -> list[tuple[int, int, int, datetime]]:
    """What a table holds after a COPY of these rows."""
    body = b"".join(pack(h, i, q, pgcopy.timestamp(moment)) for h, i, q, moment in written)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS copied "
            "(n bigserial, h smallint, i integer, q bigint, t timestamptz)"
        )
        cursor.execute("TRUNCATE copied")
        with cursor.copy("COPY copied (h, i, q, t) FROM STDIN (FORMAT binary)") as copy:
            copy.write(pgcopy.HEADER + body + pgcopy.TRAILER)
        cursor.execute("SELECT h, i, q, t FROM copied ORDER BY n")
        return cursor.fetchall()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows)
def test_what_is_copied_in_is_read_out(written):
    assert copied(written) == written


def test_no_rows_are_a_valid_copy():
    assert copied([]) == []


@pytest.mark.parametrize("values", [(2**15, 0, 0, 0), (0, 2**31, 0, 0), (0, 0, 2**63, 0)])
def test_a_value_that_is_too_wide_is_never_packed(values):
    with pytest.raises((struct.error, OverflowError)):
        pack(*values)


def test_a_time_is_counted_in_microseconds_from_2000():
    assert pgcopy.timestamp(EPOCH) == 0
    assert pgcopy.timestamp(EPOCH + timedelta(days=1, microseconds=7)) == 86_400_000_007
    assert pgcopy.timestamp(EPOCH - timedelta(microseconds=1)) == -1


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_read_back_exactly(moment):
    assert pgcopy.moment(pgcopy.timestamp(moment)) == moment


optional = st.tuples(
    st.none() | smallints,
    st.none() | integers,
    st.none() | bigints,
    st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=9),
    st.none() | st.dictionaries(st.sampled_from(["state", "zwölf"]), integers, max_size=2),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(optional, max_size=20))
def test_a_field_that_may_be_null_is_read_out_as_it_was_or_as_null(written):
    start = pgcopy.row_packer("q", texts=5)
    body = b"".join(
        start(number)
        + pgcopy.smallint(h)
        + pgcopy.integer(i)
        + pgcopy.bigint(q)
        + pgcopy.text(words)
        + pgcopy.jsonb(data)
        for number, (h, i, q, words, data) in enumerate(written)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS optional (n bigint, h smallint, "
            "i integer, q bigint, t text, j jsonb)"
        )
        cursor.execute("TRUNCATE optional")
        with cursor.copy("COPY optional FROM STDIN (FORMAT binary)") as copy:
            copy.write(pgcopy.HEADER + body + pgcopy.TRAILER)
        cursor.execute("SELECT h, i, q, t, j::text FROM optional ORDER BY n")
        found = [(*row[:4], row[4] and json.loads(row[4])) for row in cursor.fetchall()]

    assert found == written


@pytest.mark.parametrize(
    ("pack_one", "value"),
    [(pgcopy.smallint, 2**15), (pgcopy.integer, 2**31), (pgcopy.bigint, 2**63)],
)
def test_an_optional_value_that_is_too_wide_is_never_packed(pack_one, value):
    with pytest.raises((struct.error, OverflowError)):
        pack_one(value)
