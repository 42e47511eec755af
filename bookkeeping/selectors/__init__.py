"""Reads about the books' keeping, for the staff and for reports."""

from bookkeeping.selectors.adjustments import (
    AdjustmentCase,
    adjustment_case,
    adjustment_key,
    adjustment_of_entry,
    adjustments_of,
    reversal_of,
    undecided_adjustments,
)
from bookkeeping.selectors.statements import count_at, rate_at, value_of

__all__ = [
    "AdjustmentCase",
    "adjustment_case",
    "adjustment_key",
    "adjustment_of_entry",
    "adjustments_of",
    "count_at",
    "rate_at",
    "reversal_of",
    "undecided_adjustments",
    "value_of",
]
