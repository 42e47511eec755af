"""The units agree with PostgreSQL."""

import pytest
from django.db import DataError, connection

from kernel.units import BIGINT_MAX


@pytest.mark.django_db
def test_the_largest_number_is_postgresqls():
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text::bigint", [str(BIGINT_MAX)])
        assert cursor.fetchone() == (BIGINT_MAX,)

        with pytest.raises(DataError, match="out of range"):
            cursor.execute("SELECT %s::text::bigint", [str(BIGINT_MAX + 1)])
