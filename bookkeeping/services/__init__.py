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
from bookkeeping.services.periods import (
    RIGHT_TO_CLOSE,
    RIGHT_TO_CONFIRM,
    RIGHT_TO_REOPEN,
    close_day,
    close_days,
    confirm_closing,
    expect_mover,
    open_period,
    propose_closing,
    reopen_day,
    turn_down_closing,
)
from bookkeeping.services.statements import (
    RIGHT_TO_COUNT,
    RIGHT_TO_RATE,
    count_wallet,
    record_rate,
)

__all__ = [
    "RIGHT_TO_APPROVE",
    "RIGHT_TO_CLOSE",
    "RIGHT_TO_CONFIRM",
    "RIGHT_TO_COUNT",
    "RIGHT_TO_PROPOSE",
    "RIGHT_TO_RATE",
    "RIGHT_TO_REOPEN",
    "SIZE_MAX",
    "approve_adjustment",
    "close_day",
    "close_days",
    "confirm_closing",
    "count_wallet",
    "expect_approver",
    "expect_mover",
    "expect_stranger",
    "open_period",
    "propose_adjustment",
    "propose_closing",
    "reason_given",
    "record_rate",
    "reject_adjustment",
    "reopen_day",
    "turn_down_closing",
]
