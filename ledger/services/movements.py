"""The lists of movements are kept up behind the hot path (ADR 0018)."""

from typing import Final

from django.db import connection, transaction

from ledger.models import SLICE_MIN, STRETCH, MovementCursor, MovementsOfAccount
from ledger.selectors import movement_backlog
from ledger.services.marks import look_at_writers

#: So many rows at once take a core a quarter of a second at most.
MOVEMENTS_MAX: Final = 100_000


@transaction.atomic
def index_movements(*, least: int = SLICE_MIN, most: int = MOVEMENTS_MAX) -> int:
    """Add the next slice of transfers to the lists of their accounts (ADR 0018).

    No batch waits for it. Who reads finds what is not listed yet by himself. Two at once do
    not both.

    least, most  transfers; where fewer wait, nothing is done
    returns      how many transfers the cursor has passed
    """
    if movement_backlog(most=least) < max(least, 1):
        return 0  # nothing is locked or written: the house looks every second
    MovementCursor.objects.bulk_create(
        [MovementCursor(name="transfers")], ignore_conflicts=True
    )
    cursor = MovementCursor.objects.select_for_update(skip_locked=True).first()
    if cursor is None:
        return 0
    look_at_writers(mark=cursor, table="ledger_transfer")
    with connection.cursor() as database:
        database.execute(_WAITING, [cursor.position, cursor.safe, most])
        count, last = database.fetchone()
        if count >= max(least, 1):
            bounds = {"after": cursor.position, "last": last, "size": STRETCH}
            database.execute(_ADD_MOVEMENTS, bounds)
            cursor.position = last
        else:
            count = 0
    cursor.save()
    return int(count)


@transaction.atomic
def forget_movements() -> None:
    """Empty the lists and begin anew; answers stay what they are and take longer."""
    # The cursor first: who adds a slice holds it.
    MovementCursor.objects.all().delete()
    MovementsOfAccount.objects.all().delete()


_WAITING: Final = """
    SELECT count(*), max(id) FROM (
        SELECT id FROM ledger_transfer WHERE id > %s AND id <= %s ORDER BY id LIMIT %s
    ) AS waiting
"""
_ADD_MOVEMENTS: Final = """
    INSERT INTO ledger_movementsofaccount (account_id, first, ids)
    SELECT account_id, ids[n], ids[n : n + %(size)s - 1] FROM (
        SELECT account_id, array_agg(id ORDER BY id) AS ids FROM (
            SELECT id, unnest(ARRAY[debit_id, credit_id]) AS account_id
            FROM ledger_transfer WHERE id > %(after)s AND id <= %(last)s
        ) AS leg GROUP BY account_id
    ) AS its CROSS JOIN generate_series(1, cardinality(ids), %(size)s) AS n
"""
