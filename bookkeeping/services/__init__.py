"""Writes of bookkeeping. One function is one verb is one transaction."""

from bookkeeping.services.adjustments import (
    RIGHT_TO_APPROVE,
    RIGHT_TO_PROPOSE,
    SIZE_MAX,
    approve_adjustment,
    expect_approver,
    expect_stranger,
    propose_adjustment,
    reason_given,
    reject_adjustment,
)
from bookkeeping.services.statements import (
    RIGHT_TO_COUNT,
    RIGHT_TO_RATE,
    count_wallet,
    record_rate,
)

__all__ = [
    "RIGHT_TO_APPROVE",
    "RIGHT_TO_COUNT",
    "RIGHT_TO_PROPOSE",
    "RIGHT_TO_RATE",
    "SIZE_MAX",
    "approve_adjustment",
    "count_wallet",
    "expect_approver",
    "expect_stranger",
    "propose_adjustment",
    "reason_given",
    "record_rate",
    "reject_adjustment",
]
