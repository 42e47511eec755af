"""All invariants of the house, and the search for their violations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from deposits import audit as deposits_audit
from kernel.invariants import Invariant
from ledger import audit as ledger_audit
from matching import audit as matching_audit
from orders import audit as orders_audit
from withdrawals import audit as withdrawals_audit

INVARIANTS: tuple[Invariant, ...] = (
    *ledger_audit.INVARIANTS,
    *orders_audit.INVARIANTS,
    *matching_audit.INVARIANTS,
    *deposits_audit.INVARIANTS,
    *withdrawals_audit.INVARIANTS,
)
#: How many violations of one rule are shown.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule after the search; it holds when there are no violations."""

    invariant: Invariant
    violations: list[str]


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Read everything as of one instant, and write nothing.

    Inside another transaction that transaction's own view is what counts.
    """
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def audit() -> Iterator[Finding]:
    """Look for violations of every invariant, all in one snapshot of the database."""
    with one_snapshot(), connection.cursor() as cursor:
        for invariant in INVARIANTS:
            cursor.execute(f"{invariant.sql.rstrip()} LIMIT {SHOWN}")
            yield Finding(invariant, [row[0] for row in cursor.fetchall()])
