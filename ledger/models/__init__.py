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
from ledger.models.movements import SLICE_MIN, STRETCH, MovementCursor, MovementsOfAccount

__all__ = [
    "CUSTOMER_KINDS",
    "DEBIT_KINDS",
    "MAIN_WALLET",
    "SLICE_MIN",
    "STRETCH",
    "Account",
    "AccountKind",
    "Asset",
    "Entry",
    "MovementCursor",
    "MovementsOfAccount",
    "Side",
    "Transfer",
]
