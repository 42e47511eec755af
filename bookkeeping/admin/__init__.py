"""The staff's desk for the books: periods, adjustments, bookings, rates, counts."""

from bookkeeping.admin.adjustments import AdjustmentAdmin
from bookkeeping.admin.bookings import HouseBookingAdmin
from bookkeeping.admin.periods import PeriodAdmin
from bookkeeping.admin.statements import RateAdmin, WalletCountAdmin

__all__ = [
    "AdjustmentAdmin",
    "HouseBookingAdmin",
    "PeriodAdmin",
    "RateAdmin",
    "WalletCountAdmin",
]
