"""What finance states and does. README.md lists what the database enforces."""

from bookkeeping.models.adjustments import Adjustment, AdjustmentEvent, AdjustmentLine
from bookkeeping.models.bookings import HouseBooking, HouseBookingEvent
from bookkeeping.models.periods import FrozenBalance, Period, PeriodEvent
from bookkeeping.models.statements import RATE_SCALE, Rate, WalletCount

__all__ = [
    "RATE_SCALE",
    "Adjustment",
    "AdjustmentEvent",
    "AdjustmentLine",
    "FrozenBalance",
    "HouseBooking",
    "HouseBookingEvent",
    "Period",
    "PeriodEvent",
    "Rate",
    "WalletCount",
]
