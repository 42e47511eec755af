"""Up to which id a log is complete, where several writers draw ids at once."""

from django.db import connection

from kernel.units import BIGINT_MAX
from ledger.models import SafeMark
from ledger.selectors.marks import writers_of


def look_at_writers(
    *, mark: SafeMark, table: str, start: int = 0, stop: int = BIGINT_MAX
) -> None:
    """Find out up to which id every row that will ever be there can be seen.

    Several write at once, and an id is drawn before its row can be seen, so a lower one may
    appear after a higher one. Whoever has drawn an id up to a mark took the table's lock
    for writers before, and gives it back when the end of its transaction can be seen. So a
    mark is safe once nobody who held that lock *after* the mark was read holds it any more.
    A transaction of two phases would hide from this; there are none here.

    mark         locked by the caller, who saves it
    table        our own word
    start, stop  of the ids that count: greater than the one, not greater than the other
    """
    if set(mark.writers) & writers_of(table):
        return
    mark.safe = mark.mark
    with connection.cursor() as database:
        database.execute(
            f"SELECT coalesce(max(id), 0) FROM {table} WHERE id > %s AND id <= %s",  # noqa: S608  own word
            [start, stop],
        )
        [mark.mark] = database.fetchone()
    mark.writers = sorted(writers_of(table))
    if not mark.writers:
        mark.safe = mark.mark
