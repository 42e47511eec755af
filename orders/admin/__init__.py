"""The staff's pages of this app, found by Django under this name."""

from orders.admin.fees import FeeTierAdmin, UserVolumeAdmin
from orders.admin.markets import MarketAdmin

__all__ = ["FeeTierAdmin", "MarketAdmin", "UserVolumeAdmin"]
