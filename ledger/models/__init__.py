"""The books. README.md lists what the database enforces."""

from ledger.models.books import (
    CUSTOMER_KINDS,
    DEBIT_KINDS,
    MAIN_WALLET,
    Account,
    AccountKind,
    Asset,
    Entry,
    Side,
    Transfer,
)
from ledger.models.breaks import AuditedBalance, AuditRun, Break
from ledger.models.marks import LogMark, SafeMark
from ledger.models.movements import SLICE_MIN, STRETCH, MovementCursor, MovementsOfAccount
from ledger.models.seals import (
    GENESIS,
    TRANSFERS_LOG,
    Seal,
    Snapshot,
    SnapshotBalance,
)

__all__ = [
    "CUSTOMER_KINDS",
    "DEBIT_KINDS",
    "GENESIS",
    "MAIN_WALLET",
    "SLICE_MIN",
    "STRETCH",
    "TRANSFERS_LOG",
    "Account",
    "AccountKind",
    "Asset",
    "AuditRun",
    "AuditedBalance",
    "Break",
    "Entry",
    "LogMark",
    "MovementCursor",
    "MovementsOfAccount",
    "SafeMark",
    "Seal",
    "Side",
    "Snapshot",
    "SnapshotBalance",
    "Transfer",
]
