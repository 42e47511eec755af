"""Adjustments made by raw SQL, past the services."""

from collections.abc import Iterator
from contextlib import contextmanager

from accounts.models import User
from bookkeeping.models import Adjustment
from bookkeeping.tests.offices import fay, fred
from ledger.models import Transfer
from tests.attempts import run, the_owner

ADJUSTMENT = (
    "INSERT INTO bookkeeping_adjustment "
    "(entry_id, reason, size, proposed_by_id, state, created_at) "
    "VALUES (%s, %s, %s, %s, %s, now()) RETURNING id"
)
LINE = (
    "INSERT INTO bookkeeping_adjustmentline "
    "(adjustment_id, transfer_id, stands, reversal_id) VALUES (%s, %s, %s, %s)"
)
EVENT = (
    "INSERT INTO bookkeeping_adjustmentevent "
    "(adjustment_id, before, after, actor_id, reason, created_at) "
    "VALUES (%s, %s, %s, %s, %s, now())"
)
ENTRY = (
    "INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at) "
    "VALUES ('adjustment', %s, '', '', '', now()) RETURNING id"
)
TRANSFER = (
    "INSERT INTO ledger_transfer "
    "(entry_id, debit_id, credit_id, asset_id, amount, code, ref, created_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, now())"
)
#: What a commit checks, checked now.
COMMIT = "SET CONSTRAINTS ALL IMMEDIATE"


def insert_adjustment(entry: int, **other: object) -> int:
    facts = {"reason": "why", "size": 1, "by": fay().pk, "state": "proposed"} | other
    [[made]] = run(ADJUSTMENT, entry, *facts.values())
    return int(made)


def insert_line(adjustment: int, transfer: int, stands=True, reversal=None) -> None:
    run(LINE, adjustment, transfer, stands, reversal)


def insert_event(adjustment: Adjustment, before: str, after: str, actor: User, why="why"):
    run(EVENT, adjustment.pk, before, after, actor.pk, why)


def insert_mirror(entry: int, of: Transfer, **other: object) -> None:
    facts = {
        "debit": of.credit_id,
        "credit": of.debit_id,
        "asset": of.asset_id,
        "amount": of.amount,
        "code": 90,
        "ref": of.pk,
    } | other
    run(TRANSFER, entry, *facts.values())


def approve_by_hand(adjustment: Adjustment) -> int:
    """The event and the entry, and no transfers yet; the entry's id."""
    insert_event(adjustment, "proposed", "approved", fred(), "")
    [[entry]] = run(ENTRY, f"adjustment:{adjustment.pk}")
    return int(entry)


@contextmanager
def owning() -> Iterator[None]:
    """Act as the owner, with what a commit checks left to the commit."""
    with the_owner():
        run("SET CONSTRAINTS ALL DEFERRED")
        yield


@contextmanager
def unguarded(table: str, trigger: str) -> Iterator[None]:
    """Act as the owner, with a guard off, to see what is behind it."""
    with the_owner():
        run(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        try:
            yield
        finally:
            run(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
