"""Writes of bookkeeping. One function is one verb is one transaction."""

from bookkeeping.services.statements import (
    RIGHT_TO_COUNT,
    RIGHT_TO_RATE,
    count_wallet,
    record_rate,
)

__all__ = [
    "RIGHT_TO_COUNT",
    "RIGHT_TO_RATE",
    "count_wallet",
    "record_rate",
]
