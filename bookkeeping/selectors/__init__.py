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
from bookkeeping.selectors.bookings import (
    BookingCase,
    booking_case,
    booking_key,
    undecided_bookings,
)
from bookkeeping.selectors.periods import (
    Check,
    InSuspense,
    PeriodCase,
    PeriodStanding,
    checklist,
    closed_at,
    days_never_closed,
    in_suspense,
    period_case,
    period_standing,
    proposed_months,
    trial_digest,
)
from bookkeeping.selectors.statements import count_at, rate_at, value_of

__all__ = [
    "AdjustmentCase",
    "BookingCase",
    "Check",
    "InSuspense",
    "PeriodCase",
    "PeriodStanding",
    "adjustment_case",
    "adjustment_key",
    "adjustment_of_entry",
    "adjustments_of",
    "booking_case",
    "booking_key",
    "checklist",
    "closed_at",
    "count_at",
    "days_never_closed",
    "in_suspense",
    "period_case",
    "period_standing",
    "proposed_months",
    "rate_at",
    "reversal_of",
    "trial_digest",
    "undecided_adjustments",
    "undecided_bookings",
    "value_of",
]
