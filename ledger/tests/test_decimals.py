"""The database writes amounts as the edge of the house does."""

import pytest
from django.db import connection

from kernel.decimals import format_decimal
from kernel.units import BIGINT_MAX


@pytest.mark.parametrize("scale", [0, 1, 2, 8, 18])
@pytest.mark.parametrize(
    "amount", [0, 1, -1, 10, 99, -100, 123456789, BIGINT_MAX, -BIGINT_MAX]
)
def test_an_amount_is_written_the_same_way_in_sql_and_in_python(db, amount, scale):
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_decimal(%s::bigint, %s)", [amount, scale])
        [written] = cursor.fetchone()

    assert written == format_decimal(amount, scale=scale)


def test_a_sum_beyond_an_account_is_written_exactly(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_decimal(%s::numeric * 1000, 8)", [BIGINT_MAX])
        [written] = cursor.fetchone()

    assert written == format_decimal(BIGINT_MAX * 1000, scale=8)
