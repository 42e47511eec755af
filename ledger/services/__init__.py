"""Writes to the books. One function is one verb is one transaction."""

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

__all__ = [
    "TRANSFERS",
    "forget_movements",
    "index_movements",
    "insert_transfers",
    "open_account",
    "open_accounts",
    "open_asset",
    "post_entry",
    "write_batch",
]
