"""All invariants of the house, and the search for their violations."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.db import connection, transaction

from bookkeeping import audit as bookkeeping_audit
from deposits import audit as deposits_audit
from exchange import seals
from kernel.invariants import EVERYTHING, Invariant, Scope, applies, query_of
from ledger import audit as ledger_audit
from matching import audit as matching_audit
from matching.verify import differences
from orders import audit as orders_audit
from orders.selectors import shards
from proofs import audit as proofs_audit
from withdrawals import audit as withdrawals_audit

#: How many violations of one rule are shown.
SHOWN: Final = 10


def _replayed(_: Scope) -> Iterator[str]:
    for shard in shards():
        yield from islice(differences(shard=shard), SHOWN)


REPLAY: Final = Invariant(
    "O8",
    "the commands, replayed from empty, give what is recorded",
    check=_replayed,
)
#: What no single app can say.
OF_THE_HOUSE: Final = (
    REPLAY,
    Invariant(
        "S3",
        "what the staff did says who, and a refusal says why",
        """
        SELECT format('change %s: no reason', id) FROM orders_marketchange
        WHERE user_id IS NOT NULL AND reason = ''
        UNION ALL
        SELECT format('withdrawal event %s: no reason', id) FROM withdrawals_event
        WHERE after IN ('rejected', 'failed') AND reason = ''
        UNION ALL
        SELECT format('deposit event %s: no reason', id) FROM deposits_event
        WHERE after = 'refused' AND reason = ''
        UNION ALL
        SELECT format('break %s: nobody resolved it', id) FROM ledger_break
        WHERE state = 'resolved' AND (resolved_by_id IS NULL OR resolved_reason = '')
        """,
        recent={
            "withdrawals_event": "SELECT * FROM withdrawals_event "
            "WHERE id > $withdrawal_event",
            "deposits_event": "SELECT * FROM deposits_event WHERE id > $deposit_event",
        },
    ),
)
INVARIANTS: tuple[Invariant, ...] = (
    *ledger_audit.INVARIANTS,
    *seals.INVARIANTS,
    *orders_audit.INVARIANTS,
    *matching_audit.INVARIANTS,
    *deposits_audit.INVARIANTS,
    *withdrawals_audit.INVARIANTS,
    *bookkeeping_audit.INVARIANTS,
    *proofs_audit.INVARIANTS,
    *OF_THE_HOUSE,
)


def rules_of(*, replay: bool) -> tuple[Invariant, ...]:
    """All invariants, or all but the replay: `manage.py verify` does that too."""
    return tuple(it for it in INVARIANTS if replay or it is not REPLAY)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule after the search; it holds when there are no violations.

    seconds  that the search took
    """

    invariant: Invariant
    violations: list[str]
    seconds: float = 0.0


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


def audit(
    scope: Scope = EVERYTHING, *, rules: Sequence[Invariant] = INVARIANTS
) -> Iterator[Finding]:
    """Look for violations of the invariants, all in one snapshot of the database."""
    with one_snapshot():
        _plan_for(scope)
        for invariant in rules:
            if applies(invariant, scope):
                began = time.monotonic()
                violations = list(islice(_violations(invariant, scope), SHOWN))
                yield Finding(invariant, violations, time.monotonic() - began)


def _violations(invariant: Invariant, scope: Scope) -> Iterable[str]:
    if invariant.check is not None:
        return invariant.check(scope)
    with connection.cursor() as cursor:
        cursor.execute(f"{query_of(invariant, scope)} LIMIT {SHOWN}")
        return [row[0] for row in cursor.fetchall()]


def _plan_for(scope: Scope) -> None:
    """Let the planner do what suits the scope, whatever it knows of the tables.

    Tables that grew quickly have no statistics yet, and what is taken for ten rows is
    looked up in a million of others one by one. A full audit reads all of them anyhow, so
    it hashes. One of what came last looks up.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(f"SET LOCAL enable_nestloop = {'off' if scope.full else 'on'}")
