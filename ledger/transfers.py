"""A transfer is one debit and one credit of one asset: balanced by construction."""

import hashlib
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from kernel.units import Atoms


class TransferCode(IntEnum):
    """Why money moved; with `Transfer.ref` it points to the fact behind it.

    1–19 orders (`ref` is the order's id), 20–39 trades (`ref` is the trade's id),
    40–59 deposits and 60–79 withdrawals (`ref` is theirs), 80 the house (the entry's),
    90 what an adjustment takes back (the transfer's).
    """

    HOLD = 1
    RELEASE = 2
    TRADE_QUOTE = 20
    TRADE_BASE = 21
    FEE = 22
    DEPOSIT = 40
    WITHDRAWAL_HOLD = 60
    WITHDRAWAL_RELEASE = 61
    WITHDRAWAL_PAID = 62
    HOUSE = 80
    REVERSAL = 90


class Transfer(NamedTuple):
    """`amount` atoms of `asset` from the debit to the credit side.

    debit, credit  ids of two different ledger accounts, both in `asset`
    asset          id of the asset
    amount         atoms, more than zero
    code, ref      see TransferCode
    """

    debit: int
    credit: int
    asset: int
    amount: Atoms
    code: int
    ref: int


#: A transfer as a plain tuple, for those who make them by the thousand.
Row = tuple[int, int, int, int, int, int]


def digest_of(transfers: Iterable[Transfer]) -> str:
    """SHA-256, in hex, over the transfers in their order: equal digests, equal content."""
    lines = ("|".join(str(int(field)) for field in transfer) for transfer in transfers)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
