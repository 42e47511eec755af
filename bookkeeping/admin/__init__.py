"""The staff's desk for the books: periods, adjustments, rates, wallet counts."""

from bookkeeping.admin.adjustments import AdjustmentAdmin
from bookkeeping.admin.periods import PeriodAdmin
from bookkeeping.admin.statements import RateAdmin, WalletCountAdmin

__all__ = ["AdjustmentAdmin", "PeriodAdmin", "RateAdmin", "WalletCountAdmin"]
