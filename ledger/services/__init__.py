"""Writes to the books. One function is one verb is one transaction."""

from ledger.services.breaks import (
    Violation,
    accept_break,
    acknowledge_break,
    expect_resolver,
    mend_break,
    record_audit,
    record_failed_audit,
)
from ledger.services.movements import forget_movements, index_movements
from ledger.services.posting import (
    TRANSFERS,
    insert_transfers,
    open_account,
    open_accounts,
    open_asset,
    post_entry,
    write_batch,
)
from ledger.services.sealing import seal_stream
from ledger.services.snapshots import take_snapshot

__all__ = [
    "TRANSFERS",
    "Violation",
    "accept_break",
    "acknowledge_break",
    "expect_resolver",
    "forget_movements",
    "index_movements",
    "insert_transfers",
    "mend_break",
    "open_account",
    "open_accounts",
    "open_asset",
    "post_entry",
    "record_audit",
    "record_failed_audit",
    "seal_stream",
    "take_snapshot",
    "write_batch",
]
